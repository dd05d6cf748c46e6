package import Base
internal import Capture
internal import Checks
internal import Lake
internal import Landing
package import Web

/// The status of a project, from whoever knows it best.
package struct StatusReport: Sendable {
    package var status: ServiceStatus
    /// Where the running `tarn up` answers; nil when none runs.
    package var address: String?

    /// Asks the running `tarn up`; without one, the lake and the sources themselves.
    package static func make(_ project: Project) async throws(TarnError) -> StatusReport {
        if ProjectLock.isHeld(stateFolder: project.configuration.state),
            let file = try UpFile.read(project.upFilePath)
        {
            let answer = try ask(file)
            let json = try JSONParser.parse(answer.body, subject: "status of the running Tarn")
            return StatusReport(status: try ServiceStatus(json), address: file.url)
        }
        return StatusReport(status: try await resting(project), address: nil)
    }

    package var json: JSONValue {
        var object = status.json.object ?? [:]
        object["running"] = .bool(address != nil)
        object["url"] = address.map { .string($0) } ?? .null
        return .object(object)
    }

    /// The process lives: whoever does not answer is busy, not missing.
    static func ask(_ file: UpFile, secondsMax: Int = 5) throws(TarnError) -> LoopbackClient.Answer {
        do throws(TarnError) {
            return try LoopbackClient.get(port: file.port, path: "/status", host: file.host, secondsMax: secondsMax)
        } catch {
            throw TarnError(
                .sourceUnavailable,
                "`tarn up` runs, but does not answer in time.",
                detail: ["pid": String(file.processID), "address": "\(file.host):\(file.port)"],
                remedy:
                    "Try again in a moment; if it stays silent, read its log, then stop that process and start anew."
            )
        }
    }

    private static func resting(_ project: Project) async throws(TarnError) -> ServiceStatus {
        let sources = try project.sources()
        let composition = try await Composition.open(project)
        let state = try await composition.lake.refresh()
        let now = SystemTime().now()
        var status = ServiceStatus(
            tarnVersion: Version.text,
            processID: nil,
            startedAt: nil,
            time: now,
            warehouse: project.configuration.warehouse,
            lakeVersion: state.version,
            lakeTime: state.version > 0 ? state.time : nil
        )
        let healths = await withTaskGroup(of: (String, Result<SourceHealth, TarnError>).self) { group in
            for source in sources {
                group.addTask {
                    do throws(TarnError) {
                        return (source.name, .success(try await composition.source(source).health()))
                    } catch {
                        return (source.name, .failure(error))
                    }
                }
            }
            var healths: [String: Result<SourceHealth, TarnError>] = [:]
            for await (name, health) in group { healths[name] = health }
            return healths
        }
        status.assets = await AssetStatuses(composition: composition).resting()
        for source in sources {
            let isPaused = try composition.isPaused(source.name)
            var entry = SourceStatus(
                name: source.name,
                kind: source.kind.rawValue,
                phase: isPaused ? .paused : .stopped
            )
            entry.position = state.sources[source.name]?.position
            entry.positionTime = state.sources[source.name]?.time
            entry.checks = checks(of: source, state.sources[source.name])
            switch healths[source.name] {
            case .success(let health)?: entry.log = health.status(budgetBytes: source.logBudgetBytes)
            case .failure(let error)?: entry.failure = error.description
            case nil: break
            }
            status.sources.append(entry)
        }
        return status
    }

    /// The lake keeps which checks did not pass when rows changed last.
    private static func checks(of source: SourceConfiguration, _ state: SourceState?) -> [SourceStatus.Check] {
        let landed = state.flatMap { try? LandedTable.parse($0.tables) } ?? []
        return source.checks.flatMap { table in
            let failing = landed.first { $0.silver == table.name }?.failingChecks ?? []
            return table.declared.checks.filter(\.isOfRows).map { check in
                failing.first { $0.check == check.name }.map(SourceStatus.Check.init)
                    ?? SourceStatus.Check(table: table.name.description, check: check.name)
            }
        }
    }
}
