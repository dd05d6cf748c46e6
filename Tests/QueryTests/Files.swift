import Base
import Glibc

func makeFolder(_ path: String) throws {
    guard unsafe mkdir(path, 0o755) == 0 else { throw TarnError(.storeFailed, "Could not make a folder.") }
}

/// The paths of all Parquet files below a folder.
func parquetFiles(below folder: String) throws -> [String] {
    guard let stream = unsafe opendir(folder) else { return [] }
    defer { unsafe closedir(stream) }
    var files: [String] = []
    while let entry = unsafe readdir(stream) {
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
        }
        if name == "." || name == ".." { continue }
        if name.hasSuffix(".parquet") { files.append("\(folder)/\(name)") }
        files += try parquetFiles(below: "\(folder)/\(name)")
    }
    return files
}

/// Puts noise in the place of a whole file.
func overwrite(_ path: String) throws {
    let file = unsafe open(path, O_WRONLY | O_TRUNC)
    guard file >= 0 else { throw TarnError(.storeFailed, "Could not open a file.") }
    defer { close(file) }
    let noise = (0..<400).map { UInt8(truncatingIfNeeded: $0 * 7 + 13) }
    guard unsafe write(file, noise, noise.count) == noise.count else {
        throw TarnError(.storeFailed, "Could not write a file.")
    }
}

/// Overwrites the first pages of a Parquet file; its footer stays.
func spoil(_ path: String) throws {
    let file = unsafe open(path, O_WRONLY)
    guard file >= 0 else { throw TarnError(.storeFailed, "Could not open a file.") }
    defer { close(file) }
    let noise = [UInt8](repeating: 0xFF, count: 120)
    guard unsafe pwrite(file, noise, noise.count, 4) == noise.count else {
        throw TarnError(.storeFailed, "Could not write a file.")
    }
}
