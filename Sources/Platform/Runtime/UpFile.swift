package import Base

/// `<state>/up.json`: where the running `tarn up` of a project can be asked.
package struct UpFile: Sendable, Equatable {
    package var processID: Int64
    package var host: String
    package var port: Int

    package init(processID: Int64, host: String, port: Int) {
        self.processID = processID
        self.host = host
        self.port = port
    }

    /// Where a client on this machine reaches a service that listens on `host`.
    package static func reachable(_ host: String) -> String {
        switch host {
        case "0.0.0.0": "127.0.0.1"
        case "::": "::1"
        default: host
        }
    }

    package var url: String { "http://\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    package func write(to path: String) throws(TarnError) {
        let json: JSONValue = [
            "pid": .integer(processID), "host": .string(host), "port": .integer(Int64(port)), "url": .string(url),
        ]
        try Files.write(json.text + "\n", to: path)
    }

    /// Nil where there is none that can be read.
    package static func read(_ path: String) throws(TarnError) -> UpFile? {
        guard let bytes = try Files.read(path), let json = try? JSONParser.parse(bytes, subject: "up.json"),
            let processID = json["pid"]?.integer, let host = json["host"]?.string, let port = json["port"]?.integer,
            (1...65535).contains(port)
        else { return nil }
        return UpFile(processID: processID, host: host, port: Int(port))
    }
}
