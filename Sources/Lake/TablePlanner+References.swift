import Base
import Iceberg

extension TablePlanner {
    /// A table of a branch on top of main; nil where the two cannot be brought together.
    func publish(
        _ table: BranchTable,
        _ name: TableName,
        on current: TableState?
    ) async throws(TarnError) -> PlannedTable? {
        if current == table.base || current == table.state {
            return PlannedTable(base: current, state: table.state, published: table)
        }
        guard let base = table.base, let state = table.state, let current, current.uuid == base.uuid,
            let change = try await onlyAppended(base, state),
            try await reader.metadata(base).defaultSpec == reader.metadata(current).defaultSpec
        else { return nil }
        var plan = try await self.plan(.change(change, base: base), name, on: current)
        plan.published = table
        return plan
    }

    /// What `state` has more than `base`; nil where anything but further data files tells them apart.
    private func onlyAppended(_ base: TableState, _ state: TableState) async throws(TarnError) -> TableChange? {
        guard base.uuid == state.uuid else { return nil }
        let before = try await reader.metadata(base)
        let after = try await reader.metadata(state)
        guard before.currentSchemaID == after.currentSchemaID, before.defaultSpec == after.defaultSpec,
            before.properties == after.properties
        else { return nil }
        let old = try await reader.manifests(before, base)
        let new = try await reader.manifests(after, state)
        let shared = Set(old.map(\.path)).intersection(new.map(\.path))
        let oldFiles = try await liveFiles(old.filter { !shared.contains($0.path) }, before, base)
        var newFiles = try await liveFiles(new.filter { !shared.contains($0.path) }, after, state)
        for path in oldFiles.keys where newFiles.removeValue(forKey: path) == nil { return nil }
        guard newFiles.values.allSatisfy({ $0.content == .data }) else { return nil }
        var change = TableChange(.append)
        change.addedDataFiles = newFiles.values.sorted { $0.path < $1.path }
        return change
    }

    private func liveFiles(
        _ manifests: [ManifestFile],
        _ metadata: TableMetadata,
        _ state: TableState
    ) async throws(TarnError) -> [String: DataFile] {
        let location = TableLocation(metadata: state.metadata, recorded: metadata.location, resolver: reader.resolver)
        var files: [String: DataFile] = [:]
        for manifest in manifests {
            for entry in try await reader.entries(manifest, location: location) where entry.isLive {
                files[entry.file.path] = entry.file
            }
        }
        return files
    }

    /// New metadata that shows an older state, on the newest metadata the table ever had.
    func restore(
        _ restoration: Restoration,
        _ name: TableName,
        on current: TableState?
    ) async throws(TarnError) -> PlannedTable {
        guard current == restoration.current else { throw Self.moved(name) }
        guard let target = restoration.target, let newest = restoration.newest, newest.uuid == target.uuid,
            let folder = TableFolder(metadata: newest.metadata, resolver: reader.resolver)
        else { return PlannedTable(base: current, state: restoration.target) }
        var metadata = try await reader.metadata(newest)
        let previous = metadata
        try metadata.restore(try await reader.metadata(target), now: time.now())
        return PlannedTable(
            base: current,
            state: try await replace(previous, newest, by: metadata, folder: folder, owner: target.owner)
        )
    }
}
