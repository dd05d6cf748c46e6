package import Base
import HTTPTypes
import Hummingbird
package import Logging
import NIOCore

#if canImport(Glibc)
    import Glibc
#endif

/// The HTTP service of `tarn up`: `/health`, `/metrics`, `/status`. It asks nobody for a password: keep it local.
package struct WebServer: Sendable {
    package typealias StatusProvider = @Sendable () async -> ServiceStatus

    private let host: String
    private let port: Int
    private let logger: Logger
    private let status: StatusProvider
    private let onRunning: @Sendable (_ port: Int) async -> Void

    /// - Parameters:
    ///   - port: 0 for any free one.
    ///   - onRunning: told the port, once requests are answered.
    package init(
        host: String,
        port: Int,
        logger: Logger,
        status: @escaping StatusProvider,
        onRunning: @escaping @Sendable (_ port: Int) async -> Void
    ) {
        self.host = host
        self.port = port
        self.logger = logger
        self.status = status
        self.onRunning = onRunning
    }

    /// Answers until the service group shuts down or the task is cancelled.
    /// - Throws: `configuration.invalid` when the port is taken.
    package func run() async throws(TarnError) {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .notice)
        let onRunning = onRunning
        let application = Application(
            router: Self.router(status),
            configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: "tarn"),
            onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? 0) },
            logger: quiet
        )
        do {
            try await application.run()
        } catch is CancellationError {
            return
        } catch {
            throw failure(error)
        }
    }

    private static func router(_ status: @escaping StatusProvider) -> Router<BasicRequestContext> {
        let router = Router(options: .autoGenerateHeadEndpoints)
        router.get("/health") { _, _ in
            let current = await status()
            let body: JSONValue = [
                "status": .string(current.health.rawValue), "lake_version": .integer(current.lakeVersion),
                "sources": .array(
                    current.sources.map { ["name": .string($0.name), "phase": .string($0.phase.rawValue)] }
                ),
            ]
            return response(body, status: current.health == .failed ? .serviceUnavailable : .ok)
        }
        router.get("/metrics") { _, _ in
            response(
                Array(MetricsText.render(await status(), ProcessUsage.current()).utf8),
                type: "text/plain; version=0.0.4; charset=utf-8"
            )
        }
        router.get("/status") { _, _ in response(await status().json) }
        for path in ["/health", "/metrics", "/status"] {
            for method in [HTTPRequest.Method.post, .put, .patch, .delete] {
                router.on(RouterPath(path), method: method) { _, _ in
                    Response(status: .methodNotAllowed, headers: [.allow: "GET, HEAD"])
                }
            }
        }
        return router
    }

    private static func response(_ body: JSONValue, status: HTTPResponse.Status = .ok) -> Response {
        response(body.serialized() + [UInt8(ascii: "\n")], type: "application/json", status: status)
    }

    private static func response(_ body: [UInt8], type: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [.contentType: type, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body))
        )
    }

    private func failure(_ error: any Error) -> TarnError {
        guard let error = error as? IOError, error.errnoCode == EADDRINUSE else {
            return TarnError(
                .configurationInvalid,
                "The HTTP service cannot start.",
                detail: ["address": "\(host):\(port)"],
                remedy: "Correct `http.host` and `http.port` in tarn.yaml.",
                cause: error
            )
        }
        return TarnError(
            .configurationInvalid,
            "The port of the HTTP service is taken.",
            detail: ["address": "\(host):\(port)"],
            remedy: "Set `http.port` in tarn.yaml to a free one, or to 0 for any free one."
        )
    }
}
