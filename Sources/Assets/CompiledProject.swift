package import Base
package import Checks
package import Columns
import Lake

/// The project's assets as far as they could be understood without running anything.
package struct CompiledProject: Sendable {
    package let assets: [TableName: CompiledAsset]
    package let graph: AssetGraph
    /// The tables beside the assets.
    package let catalog: TableCatalog
    /// The checks of tables that are no assets: mirrors, open tables and Tarn's own.
    package let tableChecks: [TableName: [Check]]
    /// Everything that has to be put right, by place.
    package let problems: [Problem]
}

/// One asset with what its statement came to.
package struct CompiledAsset: Sendable {
    package let asset: Asset
    /// The tables it reads, sorted; its own is never among them.
    package let inputs: [TableName]
    /// It reads its own rows, as they were before the run; its contract says which columns they have.
    package let readsItself: Bool
    /// What has to hold for its rows: what its header says, then what files of checks say.
    package var checks: [Check] { joinedChecks.value }
    let joinedChecks: Memoized<[Check]>
    /// The tables that its checks read beside its own, sorted. They are no inputs: an asset may be checked against one
    /// that is made of it.
    package internal(set) var checkInputs: [TableName] = []
    /// The columns it gives; nil where it, or one of its inputs, has problems.
    package internal(set) var schema: Schema?
    package var lineage: TableLineage? { boundLineage?.value }
    var boundLineage: Memoized<TableLineage?>?
    /// Of the statement, and of what in header and checks decides about the rows or about their being published.
    var definitionHash: String
    /// Changes when, and only when, the statement or its columns change, or what decides about the rows or about their
    /// being published: materialization, partitions, contract and checks.
    package var planHash: String {
        var print = Fingerprint()
        print.add(definitionHash)
        for field in schema?.fields ?? [] {
            print.add(field.name)
            print.add(field.type.sql)
        }
        return hexadecimal(print.high) + hexadecimal(print.low)
    }
}
