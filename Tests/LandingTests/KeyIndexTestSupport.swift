import Base
import Columns
import Testing

@testable import Landing

#if canImport(Glibc)
    import Glibc
#endif

/// A folder that is removed when the test ends.
final class ScratchFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/tarn-keyindex-XXXXXX".utf8CString)
        let made = unsafe mkdtemp(&template)
        path = try unsafe String(cString: #require(made))
    }

    deinit { Self.remove(path) }

    /// The bytes of a file of an index in use: what a new process would find had this one been killed just now.
    func read(_ name: String) throws -> [UInt8] {
        let file = try unsafe #require(fopen("\(path)/\(name)", "rb"))
        defer { unsafe fclose(file) }
        var status = stat()
        try unsafe #require(stat("\(path)/\(name)", &status) == 0)
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        let count = unsafe fread(&bytes, 1, bytes.count, file)
        try #require(count == bytes.count)
        return bytes
    }

    func write(_ bytes: [UInt8], _ name: String) throws {
        let file = try unsafe #require(fopen("\(path)/\(name)", "wb"))
        defer { unsafe fclose(file) }
        let count = unsafe fwrite(bytes, 1, bytes.count, file)
        try #require(count == bytes.count)
    }

    private static func remove(_ path: String) {
        if let stream = unsafe opendir(path) {
            while let entry = unsafe readdir(stream) {
                let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
                }
                if name != "." && name != ".." { remove("\(path)/\(name)") }
            }
            unsafe closedir(stream)
            unsafe rmdir(path)
        } else {
            unsafe unlink(path)
        }
    }
}

/// Keys of one text column.
func textKeys(_ texts: [String]) throws -> KeyBatch {
    let schema = Schema(fields: [Field(id: 1, name: "key", type: .string)])
    var batch = ColumnBatch(schema: schema)
    for text in texts { batch.columns[0].append(string: text) }
    return try KeyEncoder(schema: schema, key: [0]).encode(batch)
}

/// Keys of one long column.
func longKeys(_ numbers: some Sequence<Int>) throws -> KeyBatch {
    let schema = Schema(fields: [Field(id: 1, name: "key", type: .long)])
    var batch = ColumnBatch(schema: schema)
    for number in numbers { batch.columns[0].append(int64: Int64(number)) }
    return try KeyEncoder(schema: schema, key: [0]).encode(batch)
}

func locations(_ count: Int, file: UInt32 = 0) -> [RowLocation] {
    (0..<count).map { RowLocation(file: file, position: Int64($0)) }
}

func error(_ body: () throws -> Void) -> TarnError? {
    do {
        try body()
        return nil
    } catch {
        return error as? TarnError
    }
}
