import Base
import Checks
import Query
import Settings

/// The checks that are declared in files of their own, below `checks/`.
struct CheckDeclarations {
    static let folder = "checks/"

    /// The tables of each file, as the files name them.
    private(set) var tables: [CheckFile.Table] = []
    private(set) var problems: [Problem] = []

    /// Reads the files in the order of their paths.
    init(_ files: [SourceText]) {
        for file in files.sorted(by: { $0.path < $1.path }) {
            do throws(TarnError) {
                tables += try CheckFile.read(try ConfigurationDocument.parse(file.bytes, file: file.path))
            } catch {
                problems.append(Problem(error, in: file.path, fallback: file.start))
            }
        }
    }

    /// The checks of each table; those of several files are joined.
    mutating func byTable(_ lookup: NameLookup) -> [TableName: DeclaredChecks] {
        var result: [TableName: DeclaredChecks] = [:]
        for table in tables {
            do throws(TarnError) {
                let name = try lookup.find(TableReference(namespace: table.name.namespace, name: table.name.name))
                result[name, default: DeclaredChecks()].append(table.declared)
            } catch {
                problems.append(Problem(error, at: SourcePlace(table.place)))
            }
            for fault in table.declared.faults {
                problems.append(Problem(fault, in: table.place.file, fallback: SourcePlace(table.place)))
            }
        }
        return result
    }
}

extension SourcePlace {
    init(_ place: CheckPlace) { self.init(file: place.file, line: place.line, column: place.column) }
}
