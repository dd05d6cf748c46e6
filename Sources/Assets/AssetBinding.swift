import Base
import Columns
import Engine
import Query

/// What a statement says by itself, before any table is looked up.
struct ReadStatement: Sendable {
    /// Of its syntax tree: the same for every layout of the text.
    var hash: String
    var uses: [TableUse]

}

/// What the statement of an asset comes to over its inputs.
struct AssetBinding: Sendable {
    /// Nil where the columns are not known, or could not be those of a table.
    private(set) var schema: Schema?
    private(set) var lineage: TableLineage?
    private(set) var problems: [Problem] = []

    /// - Parameter columns: those of the tables that the statement reads, which the catalog has to have.
    static func bind(
        _ asset: Asset,
        _ outline: StatementOutline,
        columns: [String],
        on connection: EngineConnection,
        of shadow: ShadowCatalog
    ) async throws(TarnError) -> AssetBinding {
        var result = AssetBinding()
        let start = asset.source.place(ofByte: asset.source.byte(ofScalar: outline.start))
        var binder = StatementBinder(asset, outline, columns: columns)
        let plan = try await binder.bind(on: connection)
        result.problems = binder.problems
        guard let plan else { return result }
        let schema: Schema
        do throws(TarnError) {
            schema = try await connection.schema(of: asset.sql)
        } catch {
            guard error.code == .queryInvalid else { throw error }
            result.problems.append(Problem(error, at: start))
            return result
        }
        result.problems += try await OutputCheck(asset: asset, schema: schema, shadow: shadow).problems()
        do throws(TarnError) {
            result.lineage = try PlanLineage.of(plan, names: schema.fields.map(\.name))
        } catch {
            guard error.code == .unsupported else { throw error }
            result.problems.append(Problem(error, at: start))
        }
        let isTable = Set(schema.fields.map { $0.name.lowercased() }).count == schema.fields.count
        result.schema = isTable ? schema : nil
        return result
    }
}
