import Base
import Dispatch
import Lake
import Platform
import Query
import Settings
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// The interactive shell: statements to the session, backslash commands to itself.
final class Shell: Sendable {
    private let composition: Composition
    private let session: QuerySession
    private let reference: VersionReference
    private let reader: LineReader
    private let isTiming = Mutex(false)
    private let isRunning = Mutex(false)

    init(_ composition: Composition, session: QuerySession, reading reference: VersionReference) {
        self.reference = reference
        self.composition = composition
        self.session = session
        reader = LineReader(historyPath: composition.project.historyPath)
    }

    /// False when a statement or a command from a pipe failed.
    func run() async -> Bool {
        let signals = watchInterrupts()
        defer { signals?.cancel() }
        if reader.isTerminal {
            Console.line("Tarn \(Version.text), lake version \(composition.lake.knownState.version). \\? for help.")
        }
        var statement = StatementBuffer()
        while true {
            switch await reader.next(prompt: statement.isEmpty ? "tarn> " : "  ... ") {
            case .end:
                if reader.isTerminal { Console.line("") }
                return await finish(&statement)
            case .interrupted:
                Console.line("^C")
                statement = StatementBuffer()
            case .text(let line):
                if statement.isEmpty, let command = ShellCommand(line) {
                    reader.remember(line)
                    if command == .quit { return true }
                    guard await perform(command) || reader.isTerminal else { return false }
                } else if await !runWhole(statement.add(line)) {
                    guard reader.isTerminal else { return false }
                    // What stood behind the one that failed is given up with it.
                    statement = StatementBuffer()
                }
            }
        }
    }

    /// From a pipe, the last statement may do without its semicolon.
    private func finish(_ statement: inout StatementBuffer) async -> Bool {
        guard !reader.isTerminal, let rest = statement.takeRest() else { return true }
        return await runWhole([rest])
    }

    /// False when one failed; the others were not run.
    private func runWhole(_ statements: [String]) async -> Bool {
        for statement in statements {
            reader.remember(statement + ";")
            guard await execute(statement) else { return false }
        }
        return true
    }

    private func execute(_ sql: String) async -> Bool {
        let startedAt = ContinuousClock.now
        isRunning.withLock { $0 = true }
        defer { isRunning.withLock { $0 = false } }
        do throws(TarnError) {
            let answer = try await session.write(sql, as: .table, at: reference, for: .user(Console.user)) {
                Console.write($0)
            }
            if answer.isCut { QueryJob.noteCut(answer.rowCount) }
            if isTiming.withLock({ $0 }) { Console.line("time: \(Quantity.text(ContinuousClock.now - startedAt))") }
            return true
        } catch {
            Console.complain(error)
            return false
        }
    }

    /// Ctrl-C ends the query that runs, else the line that is typed. A pipe keeps the usual meaning: the program ends.
    private func watchInterrupts() -> (any DispatchSourceSignal)? {
        guard reader.isTerminal else { return nil }
        signal(SIGINT, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: DispatchQueue(label: "tarn.interrupts"))
        source.setEventHandler { [self] in
            if isRunning.withLock({ $0 }) { session.interrupt() } else { LineReader.interrupt() }
        }
        source.resume()
        return source
    }

    /// False when it failed.
    private func perform(_ command: ShellCommand) async -> Bool {
        do throws(TarnError) {
            switch command {
            case .quit: break
            case .help: Console.write(ShellCommand.helpText)
            case .tables:
                Console.write(TableListing.text(try await TableListing.all(of: composition.lake, at: reference)))
            case .describe(let table):
                Console.write(try await TableDescription.make(of: table, in: composition.lake, at: reference).text)
            case .timing:
                let isOn = isTiming.withLock {
                    $0.toggle()
                    return $0
                }
                Console.line("timing is \(isOn ? "on" : "off")")
            case .unknown(let name):
                Console.note("There is no command \\\(name). \\? lists them.")
                return false
            }
            return true
        } catch {
            Console.complain(error)
            return false
        }
    }
}
