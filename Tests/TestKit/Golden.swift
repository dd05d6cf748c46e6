package import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Compares a text with the file that holds what it was when somebody last looked at it.
///
/// `GOLDEN_UPDATE=1` writes the file anew, and fails, so that nobody forgets to look.
package func expectGolden(
    _ text: String,
    _ name: String,
    testFile: String = #filePath,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let folder = testFile.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/Golden"
    let path = "\(folder)/\(name)"
    if unsafe getenv("GOLDEN_UPDATE") != nil {
        unsafe mkdir(folder, 0o755)
        write(text, to: path)
        Issue.record("wrote \(path): look at it", sourceLocation: sourceLocation)
        return
    }
    #expect(text == readText(path), "\(name) differs; GOLDEN_UPDATE=1 writes it anew", sourceLocation: sourceLocation)
}

/// Nil where there is no such file.
package func readText(_ path: String) -> String? {
    guard let file = unsafe fopen(path, "r") else { return nil }
    defer { unsafe fclose(file) }
    var bytes: [UInt8] = []
    while case let byte = unsafe fgetc(file), byte >= 0 { bytes.append(UInt8(truncatingIfNeeded: byte)) }
    return String(decoding: bytes, as: UTF8.self)
}

private func write(_ text: String, to path: String) {
    guard let file = unsafe fopen(path, "w") else { return }
    defer { unsafe fclose(file) }
    for byte in text.utf8 { unsafe fputc(Int32(byte), file) }
}
