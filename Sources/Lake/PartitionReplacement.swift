package import Base
package import Iceberg

extension TableSnapshot {
    /// The change that puts files in the place of everything in their partitions, or in the given ones. A table without
    /// partition fields has one partition.
    ///
    /// - Parameters:
    ///   - files: of the table's present partition spec.
    ///   - partitions: further ones that are emptied, as `PartitionType.canonical` gives them.
    /// - Throws: `data.unsupported` where files of another spec are live: their rows could be of any partition.
    /// - Precondition: nothing was pruned from the snapshot.
    package func replacingPartitions(
        with files: [DataFile],
        emptying partitions: Set<[DataFile.PartitionValue]> = []
    ) throws(TarnError) -> TableChange {
        precondition(pruned == PrunedFiles(), "files that are not known cannot be replaced")
        let spec = metadata.defaultSpec
        guard let type = try metadata.partitionTypes[spec.id],
            (self.files.map(\.dataFile) + files).allSatisfy({ $0.specID == spec.id })
        else {
            throw TarnError(
                .unsupported,
                "Partitions of a table cannot be replaced while files of another partition spec are live in it.",
                detail: ["table": name.description],
                remedy: "Write the whole table once; from then on its partitions can be replaced."
            )
        }
        let replaced = partitions.union(files.map(type.canonical))
        var change = TableChange(.overwrite)
        change.addedDataFiles = files
        for file in self.files where replaced.contains(type.canonical(file.dataFile)) {
            change.removedDataFiles.insert(file.dataFile.path)
            change.removedDeleteFiles.formUnion(file.deletes.filter(\.isFileScoped).map(\.dataFile.path))
        }
        return change
    }
}
