package import Assets
package import Base
package import Lake

/// Decides which assets a running Tarn builds again: told how the lake stands and how builds went, it names those whose
/// inputs, or whose own definition, are no longer what they were built from.
package struct RefreshPlanner: Sendable {
    private typealias Inputs = [TableName: PublishedAsset.InputVersion]

    /// How an asset was built, or tried, last.
    private struct Attempt: Sendable {
        var at: Timestamp
        var planHash: String
        /// Nil where the attempt says nothing about what it would come to now.
        var inputs: Inputs?
        var wasPublished = false
    }

    private var attempts: [TableName: Attempt] = [:]

    package init() {}

    /// Takes over what the log knows of assets that this process has not built yet.
    package mutating func know(_ published: [TableName: PublishedAsset]) {
        for (name, asset) in published where attempts[name] == nil {
            attempts[name] = Attempt(at: asset.time, planHash: asset.planHash, inputs: asset.inputs, wasPublished: true)
        }
    }

    /// Those whose last build is not known here.
    package func unknown(of project: CompiledProject) -> [TableName] {
        project.graph.order.filter { attempts[$0] == nil }
    }

    /// The assets to build now, each after its inputs. One with problems, or with inputs that are not there, is left
    /// out, and what is made of it.
    package func due(_ project: CompiledProject, _ state: LakeState, now: Timestamp) -> [TableName] {
        var due: [TableName] = []
        var chosen: Set<TableName> = []
        let unsound = project.unsound
        for name in project.graph.order where !unsound.contains(name) {
            guard let asset = project.assets[name],
                asset.inputs.allSatisfy({ state.tables[$0] != nil || chosen.contains($0) })
            else { continue }
            let isStale = !chosen.isDisjoint(with: asset.inputs) || isStale(asset, state)
            guard isStale, isRested(asset, now) else { continue }
            due.append(name)
            chosen.insert(name)
        }
        return due
    }

    private func isStale(_ asset: CompiledAsset, _ state: LakeState) -> Bool {
        guard let attempt = attempts[asset.asset.name], attempt.planHash == asset.planHash else { return true }
        // Somebody took the table away; one that was never published waits for something new.
        if attempt.wasPublished, state.tables[asset.asset.name] == nil { return true }
        // What Tarn writes itself with each build would make what reads it stale for ever.
        guard let known = attempt.inputs else { return true }
        return asset.inputs.contains { input in
            guard let table = state.tables[input] else { return known[input] != nil }
            return table.owner != .system && known[input] != PublishedAsset.InputVersion(table)
        }
    }

    /// Whether the asset may be built again so soon.
    private func isRested(_ asset: CompiledAsset, _ now: Timestamp) -> Bool {
        guard let attempt = attempts[asset.asset.name] else { return true }
        // What a person changed is not made to wait.
        guard attempt.planHash == asset.planHash else { return true }
        let (seconds, attoseconds) = asset.asset.header.every.components
        let every = seconds * 1_000_000 + attoseconds / 1_000_000_000_000
        return now.microseconds - attempt.at.microseconds >= every
    }

    /// Takes what a run came to.
    ///
    /// - Parameters:
    ///   - base: the lake as the run read it.
    ///   - after: the lake after its publishing.
    package mutating func take(
        _ report: RunReport,
        of project: CompiledProject,
        base: LakeState,
        after: LakeState,
        startedAt: Timestamp
    ) {
        let published = Set(report.steps.filter(\.isSuccess).map(\.asset))
        for step in report.steps {
            guard let asset = project.assets[step.asset] else { continue }
            var inputs = Self.inputs(asset, base)
            for input in published.intersection(asset.inputs) {
                inputs[input] = after.tables[input].map { PublishedAsset.InputVersion($0) }
            }
            if case .broken = step.outcome {
                // It may have been the disk, or memory.
                attempts[step.asset] = Attempt(at: startedAt, planHash: asset.planHash, inputs: nil)
            } else {
                attempts[step.asset] = Attempt(
                    at: startedAt,
                    planHash: asset.planHash,
                    inputs: inputs,
                    wasPublished: step.isSuccess || after.tables[step.asset] != nil
                )
            }
        }
    }

    /// Takes a run that came to no report: it is tried again, but not at once.
    package mutating func takeFailure(of assets: [TableName], in project: CompiledProject, at now: Timestamp) {
        for name in assets {
            let hash = project.assets[name]?.planHash ?? ""
            attempts[name] = Attempt(at: now, planHash: hash, inputs: nil)
        }
    }

    private static func inputs(_ asset: CompiledAsset, _ state: LakeState) -> Inputs {
        var inputs: Inputs = [:]
        for input in asset.inputs { inputs[input] = state.tables[input].map { PublishedAsset.InputVersion($0) } }
        return inputs
    }
}
