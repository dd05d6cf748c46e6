package import Base
package import Checks
import Columns
package import Lake
package import Query

/// What earlier runs measured, from the table of results.
package struct ResultHistory: Sendable {
    private let session: QuerySession
    private let access: AccessContext

    /// Values of one check that later ones are compared with.
    static let pointsMax = 100_000

    package init(_ session: QuerySession, as access: AccessContext) {
        self.session = session
        self.access = access
    }

    /// Values of runs that were published, and of those that only lacked values to compare themselves with: without
    /// these a first value could never come to be.
    package func points(
        of checks: [String],
        on table: TableName
    ) async throws(TarnError) -> [String: [HistoryPoint]] {
        let names = checks.map(sqlLiteral).joined(separator: ", ")
        let sql = """
            SELECT check_name, epoch_us("time") AS moment, "value"
            FROM tarn.check_results
            WHERE table_name = \(sqlLiteral(table.description)) AND check_name IN (\(names))
                AND "value" IS NOT NULL AND (published OR outcome = 'error')
            QUALIFY row_number() OVER (PARTITION BY check_name ORDER BY "time" DESC) <= \(Self.pointsMax)
            """
        var points: [String: [HistoryPoint]] = [:]
        for batch in try await rows(sql) {
            guard case .slices(let names) = batch.columns[0].storage,
                case .int64(let moments) = batch.columns[1].storage,
                case .double(let values) = batch.columns[2].storage
            else { continue }
            for row in 0..<batch.rowCount {
                let point = HistoryPoint(time: Timestamp(microseconds: moments[row]), value: values[row])
                points[String(decoding: names[row], as: UTF8.self), default: []].append(point)
            }
        }
        return points
    }

    /// None where nothing was ever recorded.
    private func rows(_ sql: String) async throws(TarnError) -> [ColumnBatch] {
        do throws(TarnError) {
            return try await session.run(sql, as: access).batches
        } catch {
            if error.code == .tableMissing { return [] }
            throw error
        }
    }
}
