package import Assets
package import Base

/// What a run is to build, and how.
package struct MaterializationRequest: Sendable {
    /// What began a run.
    package enum Trigger: String, Sendable {
        /// A person asked for it.
        case manual
        /// A person asked to go on with what did not succeed.
        case resume
        /// Tables that assets read have changed.
        case inputs
    }

    package var project: CompiledProject
    /// Each after its inputs.
    package var assets: [TableName]
    package var trigger: Trigger
    /// Tables are made anew, whatever their materialisation.
    package var isFullRefresh = false
    /// How many assets are built at a time.
    package var runningMax: Int

    package init(_ assets: [TableName], of project: CompiledProject, trigger: Trigger, runningMax: Int) {
        self.project = project
        self.assets = assets
        self.trigger = trigger
        self.runningMax = runningMax
    }

    /// What has to succeed before an asset is built: what it reads, and what its checks read. That there is no circle
    /// in it, compilation saw to.
    var needs: [TableName: Set<TableName>] {
        var edges: [TableName: Set<TableName>] = [:]
        for name in assets {
            guard let asset = project.assets[name] else { continue }
            edges[name] = Set(asset.inputs).union(asset.checkInputs)
        }
        return edges
    }

    /// The order in which steps begin where several could.
    var order: [TableName] {
        let graph = AssetGraph(needs)
        let wanted = Set(assets)
        return graph.order.filter(wanted.contains)
    }
}
