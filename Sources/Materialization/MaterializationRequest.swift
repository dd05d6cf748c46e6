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

    /// What has to succeed before an asset is built: what it reads, and what its checks read, as far as that leaves no
    /// circle.
    var needs: [TableName: Set<TableName>] {
        var edges: [TableName: Set<TableName>] = [:]
        for name in assets { edges[name] = Set(project.assets[name]?.inputs ?? []) }
        for name in assets {
            for input in project.assets[name]?.checkInputs ?? [] where input != name {
                guard !Self.reaches(input, name, edges) else { continue }
                edges[name, default: []].insert(input)
            }
        }
        return edges
    }

    /// The order in which steps begin where several could.
    var order: [TableName] {
        let graph = AssetGraph(needs)
        let wanted = Set(assets)
        return graph.order.filter(wanted.contains)
    }

    private static func reaches(
        _ start: TableName,
        _ target: TableName,
        _ edges: [TableName: Set<TableName>]
    ) -> Bool {
        var seen: Set<TableName> = [start]
        var open = [start]
        while let table = open.popLast() {
            if table == target { return true }
            for next in edges[table] ?? [] where seen.insert(next).inserted { open.append(next) }
        }
        return false
    }
}
