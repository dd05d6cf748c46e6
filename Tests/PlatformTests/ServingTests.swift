import Base
import Dispatch
import Logging
import Synchronization
import TestKit
import Testing
import Web

@testable import Platform

/// The HTTP service over a real socket, asked by the client that `tarn status` uses.
@Suite struct ServingTests {
    private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static func status(_ phase: SourceStatus.Phase) -> ServiceStatus {
        let time = Timestamp(microseconds: 1_700_000_000_000_000)
        return ServiceStatus(
            tarnVersion: "0.1.0",
            processID: 1,
            startedAt: time,
            time: time,
            warehouse: "/w",
            lakeVersion: 3,
            sources: [SourceStatus(name: "shop", kind: "postgres", phase: phase)]
        )
    }

    private static func serving(
        _ phase: SourceStatus.Phase,
        _ body: @escaping @Sendable (_ port: Int) async throws -> Void
    ) async throws {
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                let server = WebServer(host: "127.0.0.1", port: 0, logger: silent) {
                    status(phase)
                } onRunning: { port in
                    continuation.yield(port)
                }
                try await server.run()
            }
            for await port in ports {
                try await body(port)
                break
            }
            group.cancelAll()
        }
    }

    private static func get(_ port: Int, _ path: String) async throws -> LoopbackClient.Answer {
        try await offThread { try LoopbackClient.get(port: port, path: path, secondsMax: 120) }
    }

    /// A client blocks its thread: not one of those that the server needs.
    private static func offThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value
    {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result { try body() }) }
        }
    }

    @Test("health, metrics and status are served")
    func serves() async throws {
        try await Self.serving(.streaming) { port in
            let health = try await Self.get(port, "/health")
            #expect(health.status == 200)
            let body = try JSONParser.parse(health.body, subject: "health")
            #expect(body["status"]?.string == "ok" && body["lake_version"]?.integer == 3)
            let metrics = try await Self.get(port, "/metrics")
            #expect(metrics.status == 200)
            #expect(String(decoding: metrics.body, as: UTF8.self).contains("\ntarn_lake_version 3\n"))
            let status = try await Self.get(port, "/status")
            let read = try ServiceStatus(try JSONParser.parse(status.body, subject: "status"))
            #expect(read == Self.status(.streaming))
            let nothing = try await Self.get(port, "/nothing")
            #expect(nothing.status == 404)
        }
    }

    @Test(
        "a page can be asked for with HEAD, and is there to be read alone",
        arguments: [("HEAD", "200"), ("POST", "405"), ("DELETE", "405")]
    )
    func methods(method: String, status: String) async throws {
        try await withTemporaryFolder { folder in
            try await Self.serving(.streaming) { port in
                let output = "\(folder)/answer"
                let request = "\(method) /health HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n"
                let script = "exec 3<>/dev/tcp/127.0.0.1/\(port); printf '\(request)' >&3; cat <&3"
                try await Self.offThread { try runTool("/bin/bash", ["-c", script], output: output) }
                let answer = String(decoding: try #require(try Files.read(output)), as: UTF8.self)
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
                #expect(answer.hasSuffix("\r\n\r\n"))
                #expect(method == "HEAD" || answer.lowercased().contains("allow: get, head"))
            }
        }
    }

    @Test("a failed source makes the health check fail")
    func unhealthy() async throws {
        try await Self.serving(.failed) { port in
            let health = try await Self.get(port, "/health")
            #expect(health.status == 503)
        }
    }

    @Test("a port that is taken is an error that says so")
    func taken() async throws {
        try await Self.serving(.streaming) { port in
            let second = WebServer(host: "127.0.0.1", port: port, logger: Self.silent) {
                Self.status(.streaming)
            } onRunning: { _ in
            }
            await #expect {
                try await second.run()
            } throws: { error in
                (error as? TarnError)?.message == "The port of the HTTP service is taken."
            }
        }
    }

    @Test("nobody there is an error, not a wait")
    func nobody() {
        #expect(throws: TarnError.self) { try LoopbackClient.get(port: 1, path: "/") }
        #expect(throws: TarnError.self) { try LoopbackClient.get(port: 0, path: "/") }
    }

    @Test("who holds the lock and does not answer is said to run")
    func silent() {
        let file = UpFile(processID: 4711, host: "127.0.0.1", port: 1)
        let error = #expect(throws: TarnError.self) { try StatusReport.ask(file) }
        #expect(error?.message == "`tarn up` runs, but does not answer in time.")
        #expect(error?.detail.first?.value == "4711")
    }

    @Test(
        "half an answer is an error",
        arguments: ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", "NOPE 200\r\n\r\n"]
    )
    func half(text: String) {
        #expect(throws: TarnError.self) { try LoopbackClient.parse(Array(text.utf8), "127.0.0.1", 1) }
    }

    @Test("where a running Tarn answers is read back, and damage is nobody")
    func upFile() async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/up.json"
            #expect(try UpFile.read(path) == nil)
            let file = UpFile(processID: 7, host: "127.0.0.1", port: 8080)
            try file.write(to: path)
            #expect(try UpFile.read(path) == file)
            try Files.write(#"{"pid":1,"host":"a","port":70000}"#, to: path)
            #expect(try UpFile.read(path) == nil)
            try Files.write("{", to: path)
            #expect(try UpFile.read(path) == nil)
        }
    }
}
