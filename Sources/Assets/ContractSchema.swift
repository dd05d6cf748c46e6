import Base
import Columns

/// The columns that a contract promises, as far as its types are types.
struct ContractSchema {
    /// Column by column, in the order of the contract; nil for a type that there is not.
    let types: [ColumnType?]
    let problems: [Problem]

    private let contract: [AssetHeader.ContractColumn]

    init(_ contract: [AssetHeader.ContractColumn], on shadow: ShadowCatalog) async throws(TarnError) {
        self.contract = contract
        var types: [ColumnType?] = []
        var problems: [Problem] = []
        for promised in contract {
            do throws(TarnError) {
                types.append(try await shadow.type(named: promised.type))
            } catch {
                guard error.code != .interrupted else { throw error }
                types.append(nil)
                problems.append(Problem(Self.noType(promised), at: promised.place))
            }
        }
        self.types = types
        self.problems = problems
    }

    /// As the columns of a table.
    var schema: Schema {
        let known = zip(contract, types).compactMap { promised, type in type.map { (promised.name, $0) } }
        return Schema(fields: known.enumerated().map { Field(id: $0 + 1, name: $1.0, type: $1.1) })
    }

    private static func noType(_ promised: AssetHeader.ContractColumn) -> TarnError {
        TarnError(
            .configurationInvalid,
            "The contract names a type that there is not.",
            detail: ["column": promised.name],
            remedy: "Use a type of SQL, such as bigint, varchar, date or decimal(12, 2)."
        )
    }
}
