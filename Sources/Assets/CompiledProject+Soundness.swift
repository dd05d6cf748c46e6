package import Base

extension CompiledProject {
    /// Tables of assets whose files are gone: nothing builds them any more.
    package var orphans: [TableName] {
        catalog.tables.filter { $0.value.owner == .assets && assets[$0.key] == nil }.map(\.key).sorted()
    }

    /// Assets that must not be built as they are: their file has problems, or they are made of one whose file has. A
    /// check that was not understood would not stand against anything. A file of checks with problems could concern any
    /// table.
    package var unsound: Set<TableName> {
        let files = Set(problems.map(\.place.file))
        guard files.allSatisfy({ $0.hasPrefix(AssetReader.folder) }) else { return Set(assets.keys) }
        var unsound: Set<TableName> = []
        for name in graph.order {
            guard let asset = assets[name] else { continue }
            let isSound =
                asset.schema != nil && !files.contains(asset.asset.source.path)
                && unsound.isDisjoint(with: asset.inputs)
            if !isSound { unsound.insert(name) }
        }
        return unsound
    }
}
