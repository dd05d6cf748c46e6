package import Base

#if canImport(Glibc)
    import Glibc
#endif

/// Asks the HTTP service of a `tarn up` on this machine. One request, one connection, bounded in time and size.
package enum LoopbackClient {
    package struct Answer: Sendable, Equatable {
        package var status: Int
        package var body: [UInt8]
    }

    static let bytesMax = 16 << 20

    /// - Parameter secondsMax: how long the other side may stay silent.
    /// - Throws: `source.unavailable` when nobody answers.
    package static func get(
        port: Int,
        path: String,
        host: String = "127.0.0.1",
        secondsMax: Int = 5
    ) throws(TarnError) -> Answer {
        let descriptor = try connect(host, port, secondsMax)
        defer { close(descriptor) }
        let request = "GET \(path) HTTP/1.1\r\nHost: \(host):\(port)\r\nConnection: close\r\n\r\n"
        guard Files.writeAll(Array(request.utf8), to: descriptor) else { throw failure(host, port) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count < bytesMax {
            let count = unsafe part.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
            guard count > 0 else { break }
            bytes += part[..<count]
        }
        return try parse(bytes, host, port)
    }

    private static func connect(_ host: String, _ port: Int, _ secondsMax: Int) throws(TarnError) -> Int32 {
        guard (1...65535).contains(port) else { throw failure(host, port) }
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(host, String(port), &hints, &found) == 0, let address = unsafe found else {
            throw failure(host, port)
        }
        defer { unsafe freeaddrinfo(address) }
        let family = unsafe address.pointee.ai_family
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure(host, port) }
        var limit = timeval(tv_sec: secondsMax, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        guard unsafe Glibc.connect(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0 else {
            close(descriptor)
            throw failure(host, port)
        }
        return descriptor
    }

    static func parse(_ bytes: [UInt8], _ host: String, _ port: Int) throws(TarnError) -> Answer {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { throw failure(host, port) }
        let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
        let words = head.prefix { $0 != "\r\n" }.split(separator: " ")
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
            throw failure(host, port)
        }
        let lines = head.lowercased().split(separator: "\r\n")
        let length = lines.first { $0.hasPrefix("content-length:") }
            .flatMap { Int($0.dropFirst(15).filter { $0 != " " }) }
        let body = bytes[end.upperBound...]
        if let length, body.count < length { throw failure(host, port) }
        return Answer(status: status, body: Array(body))
    }

    private static func failure(_ host: String, _ port: Int) -> TarnError {
        TarnError(
            .sourceUnavailable,
            "Nobody answers at this address.",
            detail: ["address": "\(host):\(port)"],
            remedy: "Start `tarn up`."
        )
    }
}
