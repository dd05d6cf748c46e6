package import Base
package import Columns

/// The project's assets as far as they could be understood without running anything.
package struct CompiledProject: Sendable {
    package let assets: [TableName: CompiledAsset]
    package let graph: AssetGraph
    /// The tables beside the assets.
    package let catalog: TableCatalog
    /// Everything that has to be put right, by place.
    package let problems: [Problem]
}

/// One asset with what its statement came to.
package struct CompiledAsset: Sendable {
    package let asset: Asset
    /// The tables it reads, sorted.
    package let inputs: [TableName]
    /// The columns it gives; nil where it, or one of its inputs, has problems.
    package internal(set) var schema: Schema?
    package internal(set) var lineage: TableLineage?
    /// Changes when, and only when, the statement or a part of the header changes that decides about the rows.
    package let planHash: String
}
