import Capture
import Columns

/// The table of `ShopSource`: its columns in the order in which the source gets them.
enum ShopTable {
    static let firstColumnCount = 4
    static let nameColumn = 1
    static var columnCount: Int { fields.count }

    private static let fields: [Field] = [
        Field(id: 1, name: "id", type: .long),
        Field(id: 2, name: "name", type: .string),
        Field(id: 3, name: "price", type: .decimal(precision: 12, scale: 2)),
        Field(id: 4, name: "moment", type: .timestamptz),
        Field(id: 5, name: "unit weight", type: .double),
        Field(id: 6, name: "key", type: .uuid),
        Field(id: 7, name: "tags", type: .list(Field(id: 0, name: "element", type: .string))),
    ]

    static func captured(columnCount: Int) -> CapturedTable {
        var next = 0
        let fields = fields.prefix(columnCount).map { $0.reassigned(&next) }
        return CapturedTable(
            identity: 7,
            namespace: "public",
            name: "orders",
            schema: Schema(fields: fields),
            key: [0],
            schemaVersion: columnCount - firstColumnCount + 1
        )
    }

    /// Fills as many columns as the batch has; every cell follows from the row's id and salt.
    static func append(_ row: ShopSource.Row, to batch: inout ColumnBatch, withoutName: Bool = false) {
        batch.columns[0].append(int64: row.id)
        for index in batch.columns.indices.dropFirst() {
            if (row.id + row.salt + Int64(index)) % 5 == 0 || (index == nameColumn && withoutName) {
                batch.columns[index].appendNull()
            } else {
                append(row, to: &batch.columns[index])
            }
        }
    }

    private static func append(_ row: ShopSource.Row, to column: inout Column) {
        switch column.type {
        case .string: column.append(string: "größe \(row.salt) of \(row.id)")
        case .decimal: column.append(int64: row.salt * 101 - 5000)
        case .timestamptz: column.append(int64: row.salt * 1_000_003 - 40)
        case .double: column.append(double: Double(row.salt) / 7)
        case .uuid: column.append(int128: Int128(row.salt) << 64 | Int128(row.id))
        default:
            column.withListChild { child in
                for number in 0..<row.salt % 3 {
                    if number == 1 { child.appendNull() } else { child.append(string: "tag\(row.id)") }
                }
            }
            column.closeList()
        }
    }
}
