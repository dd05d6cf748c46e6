internal import Assets
internal import Base
internal import Lake
internal import Materialization
internal import Web

/// What readers see of a project's assets, as the log tells it.
struct AssetStatuses {
    let composition: Composition

    /// Of all assets, without anything that only a running process knows; none where the project cannot be read.
    func resting() async -> [AssetStatus] {
        do throws(TarnError) {
            let project = try await ProjectAssets(composition.project).compile()
            let unsound = project.unsound
            let published = try await published(project.assets.keys)
            return project.assets.keys.sorted().map { name in
                var status = AssetStatus(name: name.description)
                status.take(published[name])
                status.hasProblems = unsound.contains(name)
                return status
            }
        } catch {
            return []
        }
    }

    /// Tables that are not in the lake are left out, even when they were once.
    func published(_ names: some Sequence<TableName>) async throws(TarnError) -> [TableName: PublishedAsset] {
        let tables = try await composition.lake.refresh().tables
        return try await PublishedAssets(composition.lake).last(of: names.filter { tables[$0] != nil })
    }
}

extension AssetStatus {
    mutating func take(_ published: PublishedAsset?) {
        publishedVersion = published?.version
        publishedAt = published?.time
    }
}
