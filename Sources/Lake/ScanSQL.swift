import Base
package import Columns
import Engine
package import Iceberg

/// Turns a table at one version into a query over its files: the engine reads Parquet, everything else is ours.
///
/// Files with the table's present shape are read plainly; files of an older shape by field id; and only files that have
/// deletes pay for them.
package struct ScanSQL {
    private let files: [LiveFile]
    private let fields: [Field]
    /// Every schema that the files may be of.
    private let formerSchemas: [Schema]
    /// Only Tarn writes mirrors and assets, and it leaves names as they are.
    private let isMirror: Bool
    private let hasPositions: Bool

    /// Columns with the file that a row is in, as the engine names it, and its place there.
    package static let fileColumn = "_tarn_file"
    package static let positionColumn = "_tarn_position"

    /// - Parameter hasPositions: the two columns above come after the table's own.
    package init(_ snapshot: TableSnapshot, hasPositions: Bool = false) {
        files = snapshot.files
        fields = snapshot.schema.fields
        formerSchemas = snapshot.formerSchemas
        isMirror = snapshot.state.owner != .open
        self.hasPositions = hasPositions
    }

    /// The rows that a change adds to a mirror: of its data files those that it does not delete again.
    ///
    /// - Parameter schema: the mirror's after the change.
    package init(addedBy change: TableChange, to schema: Schema) {
        files = change.addedDataFiles.map { LiveFile(adding: $0, deletes: change.addedDeleteFiles) }
        fields = schema.fields
        formerSchemas = [schema]
        isMirror = true
        hasPositions = false
    }

    /// A SELECT of all columns, in order.
    package var select: String {
        let clean = files.filter(\.deletes.isEmpty)
        let deleted = files.filter { !$0.deletes.isEmpty }
        var parts: [String] = []
        for (isCurrent, files) in [(true, clean.filter(isCurrent)), (false, clean.filter { !isCurrent($0) })] {
            if !files.isEmpty { parts.append(plain(files, isCurrent: isCurrent)) }
        }
        for (isCurrent, files) in [(true, deleted.filter(isCurrent)), (false, deleted.filter { !isCurrent($0) })] {
            if !files.isEmpty { parts.append(withoutDeleted(files, isCurrent: isCurrent)) }
        }
        return parts.isEmpty ? nothing : parts.joined(separator: " UNION ALL ")
    }

    /// The rows of one file with their positions, deleted ones included, for those who keep positions.
    package static func positions(of uri: String, columns: [Field], where condition: String? = nil) -> String {
        let names = columns.map { sqlIdentifier($0.name) } + ["file_row_number"]
        let filter = condition.map { " WHERE \($0)" } ?? ""
        let shape = shape(columns.map { ($0.id, $0.name, $0.type.sql) })
        return "SELECT \(names.joined(separator: ", ")) FROM read_parquet(\(list([uri])), \(shape), "
            + "file_row_number = true)\(filter)"
    }

    /// The files whose columns are found by field id, not by name.
    package var filesReadByID: [LiveFile] { files.filter { !isCurrent($0) } }

    private var nothing: String {
        var columns = fields.map { "CAST(NULL AS \($0.type.sql)) AS \(sqlIdentifier($0.name))" }
        if hasPositions {
            columns.append("CAST(NULL AS VARCHAR) AS \(Self.fileColumn)")
            columns.append("CAST(NULL AS BIGINT) AS \(Self.positionColumn)")
        }
        return "SELECT \(columns.joined(separator: ", ")) WHERE false"
    }

    private func plain(_ files: [LiveFile], isCurrent: Bool) -> String {
        "SELECT \(columns(isCurrent: isCurrent)) FROM read_parquet(\(Self.list(files.map(\.uri)))"
            + "\(isCurrent ? "" : ", " + innerShape)"
            + "\(hasPositions ? ", filename = '\(Self.fileColumn)', file_row_number = true" : ""))"
    }

    private func withoutDeleted(_ files: [LiveFile], isCurrent: Bool) -> String {
        let deletes = Set(files.flatMap { $0.deletes.map(\.uri) }).sorted()
        let names = files.map { "(\(sqlLiteral($0.dataFile.path)), \(sqlLiteral(enginePath($0.uri))))" }
        return """
            SELECT \(columns(isCurrent: isCurrent)) FROM read_parquet(\(Self.list(files.map(\.uri)))\
            \(isCurrent ? "" : ", " + innerShape), filename = '_tarn_file', file_row_number = true) AS _tarn_rows \
            ANTI JOIN (SELECT _tarn_name, pos FROM read_parquet(\(Self.list(deletes))) \
            JOIN (VALUES \(names.joined(separator: ", "))) AS _tarn_names(_tarn_path, _tarn_name) \
            ON file_path = _tarn_path) AS _tarn_deletes \
            ON _tarn_rows._tarn_file = _tarn_deletes._tarn_name AND _tarn_rows.file_row_number = _tarn_deletes.pos
            """
    }

    /// Old files are read under made-up names, so that no column of the table can clash with the reader's own.
    private func columns(isCurrent: Bool) -> String {
        let columns = fields.map { field in
            isCurrent
                ? sqlIdentifier(field.name)
                : "\(shape(of: field).value(Self.innerName(field))) AS \(sqlIdentifier(field.name))"
        }
        let positions = hasPositions ? [Self.fileColumn, "file_row_number AS \(Self.positionColumn)"] : []
        return (columns + positions).joined(separator: ", ")
    }

    private func shape(of field: Field) -> NestedShape {
        let former = formerSchemas.flatMap { $0.fields.filter { $0.id == field.id }.map(\.type) }
        return NestedShape.of(field.type, former: former, spellings: isMirror ? { [$0] } : NestedShape.spellings)
    }

    private var innerShape: String {
        Self.shape(fields.map { (id: $0.id, name: Self.innerName($0), type: shape(of: $0).type) })
    }

    private static func innerName(_ field: Field) -> String { "_tarn_\(field.id)" }

    private static func shape(_ columns: [(id: Int, name: String, type: String)]) -> String {
        let entries = columns.map {
            "\($0.id): {name: \(sqlLiteral($0.name)), type: \(sqlLiteral($0.type)), default_value: NULL}"
        }
        return "schema = MAP {\(entries.joined(separator: ", "))}"
    }

    private static func list(_ uris: [String]) -> String { "[\(uris.map(sqlLiteral).joined(separator: ", "))]" }

    /// The engine shows a local file's name without its scheme.
    private func enginePath(_ uri: String) -> String { ObjectResolver.localPath(uri) ?? uri }

    /// Whether a file has just the table's columns, under their names and types of today.
    private func isCurrent(_ file: LiveFile) -> Bool {
        guard !hasReshapedColumns, !fields.contains(where: { $0.name == "file_row_number" }) else { return false }
        guard isMirror || fields.allSatisfy(\.isSpelledAlike) else { return false }
        return fields.allSatisfy { field in
            field.type.leafIDs(field.id).allSatisfy { file.dataFile.valueCounts[$0] != nil }
        }
    }

    /// A column was renamed, retyped or dropped at some time: files cannot be trusted by name.
    private var hasReshapedColumns: Bool {
        formerSchemas.contains { schema in
            schema.fields.contains { old in
                guard let new = fields.first(where: { $0.id == old.id }) else { return true }
                return new.name != old.name || !new.type.isGrown(from: old.type)
            }
        }
    }
}

extension LiveFile {
    /// A file that is not part of a table yet, with those of the same change's delete files that may speak of it.
    fileprivate init(adding file: DataFile, deletes: [DataFile]) {
        let own = deletes.filter { $0.referencedDataFile == nil || $0.referencedDataFile == file.path }
        self.init(
            dataFile: file,
            uri: file.path,
            deletes: own.map { DeleteFile(dataFile: $0, uri: $0.path, isFileScoped: $0.referencedDataFile != nil) }
        )
    }
}

extension Field {
    /// Every writer puts the column and its children into files under just these names.
    fileprivate var isSpelledAlike: Bool {
        NestedShape.spellings(name).count == 1 && type.children.allSatisfy(\.isSpelledAlike)
    }
}

extension ColumnType {
    /// The field ids of the values that are really stored: of a nested type, its leaves.
    fileprivate func leafIDs(_ own: Int) -> [Int] {
        children.isEmpty ? [own] : children.flatMap { $0.type.leafIDs($0.id) }
    }

    /// The same type, or a struct that only got further children.
    fileprivate func isGrown(from old: ColumnType) -> Bool {
        guard case .structure(let new) = self, case .structure(let before) = old else { return self == old }
        return before.allSatisfy { child in
            new.contains { $0.id == child.id && $0.name == child.name && $0.type.isGrown(from: child.type) }
        }
    }
}
