import Base
import Capture
import Engine
import Glibc
import Lake
import ObjectStore
import Store
import Synchronization
import TestKit
import Testing

@testable import PostgresSource

/// `tarn up` in a process of its own, the database that it follows, and a reader of the lake beside it.
final class KillRig: CustomStringConvertible {
    static let program = TestProgram.path

    /// Looks at something, 20 ms apart, before the test gives up: a busy machine is slow.
    private static let looksMax = 6000

    let folder: String
    let database: Session
    let lake: Lake
    let engine: Engine
    let witness: KillWitness
    private let slot: String
    private let connection: String
    private let bank: KillBank
    private let seed: UInt64
    private let entropy: SeededEntropy
    private var process: ChildProcess?
    private var kills = 0

    var description: String { "seed \(seed), after \(kills) kills" }

    /// Makes the bank, its witness and an empty project. The seed is new each time, unless `TARN_TEST_SEED` names one.
    static func with(_ name: String, _ body: (KillRig) async throws -> Void) async throws {
        let seed = TestProgram.seed()
        try await withTemporaryFolder { folder in
            let databaseName = "tarn_kill_\(name)_\(getpid())"
            let admin = Session(Road.server ?? "")
            try await admin.execute("CREATE DATABASE \(databaseName)")
            let rig = try await KillRig(folder, databaseName, seed)
            do {
                try await rig.prepare()
                try await body(rig)
            } catch {
                Issue.record(error, "\(rig)\n\(rig.logTail)")
            }
            rig.process?.killNow()
            await rig.database.close()
            try await Self.drop(databaseName, admin)
            await admin.close()
        }
    }

    private init(_ folder: String, _ databaseName: String, _ seed: UInt64) async throws {
        self.folder = folder
        self.seed = seed
        entropy = SeededEntropy(seed: seed)
        slot = databaseName
        connection = "\(Road.server ?? "") dbname=\(databaseName)"
        database = Session(connection)
        bank = KillBank(connection)
        witness = KillWitness(database)
        let store = try LocalObjectStore(folder: folder + "/warehouse")
        try await Lake.create(in: store, entropy: SystemEntropy())
        lake = try await Lake.open(store, state: try StateDatabase(path: folder + "/reader.db"))
        engine = try Engine(
            EngineConfiguration(memoryLimitBytes: 1 << 30, threads: 2, temporaryDirectory: folder + "/spill")
        )
        try write("tarn.yaml", Self.project)
        for name in ["sources", "spill"] {
            guard unsafe mkdir("\(folder)/\(name)", 0o755) == 0 else { throw TarnError(.storeFailed, "no folder") }
        }
        try write(
            "sources/bank.yaml",
            "type: postgres\nconnection: \(connection)\nslot: \(slot)\ntables: [public.*]\n" + Self.checks
        )
    }

    private static let project = """
        http:
          port: 0
        limits:
          memory: 256MiB
        landing:
          commit_interval: 50ms
          memory: 1MiB
          idle_interval: 200ms
        """

    /// Checks of which some fail now and then.
    private static let checks = """
        checks:
          - name: silver.accounts
            checks:
              - missing(owner) = 0
              - {expression: balance >= 100, name: at least as rich as before}
          - name: silver.ledger
            checks:
              - missing(account) = 0
        """

    private func prepare() async throws {
        try await database.execute("SET search_path = public; " + KillBank.setup)
        try await witness.begin()
    }

    /// The server needs a moment to see that the program is gone.
    private static func drop(_ databaseName: String, _ admin: Session) async throws {
        for _ in 0..<looksMax {
            let isDropped: Void? = try? await admin.execute(
                """
                SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
                WHERE database = '\(databaseName)'
                """
            )
            if isDropped != nil { break }
            _ = try await admin.rows("SELECT pg_sleep(0.02)")
        }
        try await admin.execute("DROP DATABASE \(databaseName) WITH (FORCE)")
    }

    private func write(_ name: String, _ text: String) throws {
        let descriptor = unsafe open("\(folder)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard descriptor >= 0, unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw TarnError(.storeFailed, "Could not write \(name).")
        }
    }

    private var logFile: String { folder + "/tarn.log" }

    private var logTail: String {
        let descriptor = unsafe open(logFile, O_RDONLY)
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4000)
        lseek(descriptor, max(0, lseek(descriptor, 0, SEEK_END) - off_t(bytes.count)), SEEK_SET)
        let count = unsafe read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}

// MARK: The program's life

extension KillRig {
    func start(failpoint: String? = nil) throws {
        var environment: [String: String] = [:]
        if let failpoint { environment["TARN_FAILPOINT"] = failpoint }
        process = try ChildProcess(
            Self.program ?? "",
            ["up", "--exit-on-failure", "--project", folder],
            environment: environment,
            output: logFile
        )
    }

    /// Starts the program and kills it once the bank has gone on by a random number of transactions, counted from the
    /// start or from the first commit after it.
    func killAfterTransactions(waitingForCommit: Bool) async throws {
        try start()
        if waitingForCommit { try await waitForCommit() }
        let aim = bank.transactions + number(in: 0..<60)
        try await waitUntil("the bank goes on") { self.bank.transactions >= aim }
        kills += 1
        #expect(process?.killNow() == .signalled(SIGKILL), "\(self)")
        process = nil
    }

    /// Starts the program, which ends itself as `kill -9` would at a passing of this place.
    func killAtPlace(_ place: String, passing: Int) async throws {
        try start(failpoint: "\(place):\(passing)")
        try await waitUntil("\(place) is passed \(passing) times", mayEnd: true) { self.process?.poll() != nil }
        let end = process?.poll()
        guard end == .signalled(SIGKILL) else {
            throw TarnError(.interrupted, "The program ended before \(place): \(String(describing: end)).")
        }
        kills += 1
        process = nil
    }

    /// Kills the program while it reads its snapshot: when so many files are there.
    func killInSnapshot(files: Int) async throws {
        try start()
        try await waitForSlot()
        try await waitUntil("\(files) files are there") {
            try await self.lake.store.list(prefix: "bronze/").count >= files
        }
        killNow()
    }

    /// Starts the program and waits until it says that somebody else holds its slot.
    func startWhileSlotIsHeld() async throws {
        removeTree(logFile)
        try start()
        try await waitUntil("the slot is found to be in use") { self.logTail.contains("code=source.slotActive") }
    }

    /// Another reader of the program's slot.
    func holdSlot() async throws -> Session {
        let holder = Session(connection, mode: .replication)
        let options = "proto_version '1', publication_names 'tarn_bank'"
        try await waitUntil("the slot is free") {
            (try? await holder.execute("START_REPLICATION SLOT \(self.slot) LOGICAL 0/0 (\(options))")) != nil
        }
        return holder
    }

    /// Ends the server's side of the stream.
    func cutConnection() async throws {
        let cut = "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1"
        try await waitUntil("the stream is cut") { try await self.database.rows(cut, [self.slot]) == [["t"]] }
    }

    func killNow() {
        kills += 1
        process?.killNow()
        process = nil
    }

    func takeSnapshot() async throws {
        try start()
        try await waitForCommit()
        process?.killNow()
        process = nil
    }

    /// Deletes what the program keeps beside the lake.
    func removeState() { removeTree(folder + "/.tarn") }

    func addColumn() async throws { try await database.execute("ALTER TABLE transfers ADD COLUMN extra text") }

    func tableCount() async throws -> Int { try await lake.refresh().tables.count }

    func waitForSlot() async throws {
        try await waitUntil("the slot is there") {
            try await self.database.rows("SELECT 1 FROM pg_replication_slots WHERE slot_name = $1", [self.slot]).count
                == 1
        }
    }

    func waitForCommit() async throws {
        let version = try await lake.refresh().version
        try await waitUntil("a commit is made") { try await self.lake.refresh().version > version }
    }

    /// Lets the bank's workers work while `body` runs.
    func working(_ body: () async throws -> Void) async throws {
        let (bank, seed) = (bank, seed)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<KillBank.workerCount { group.addTask { try await bank.work(worker, seed: seed) } }
            defer { bank.stop() }
            try await body()
            bank.stop()
            try await group.waitForAll()
        }
    }

    /// Waits until the lake has everything, and ends the program in good order.
    func finish() async throws {
        let end = try await database.rows("SELECT pg_current_wal_lsn()")[0][0] ?? ""
        try await database.execute("SELECT pg_logical_emit_message(true, 'tarn', 'end')")
        let position = LSN(end)?.position.text ?? ""
        try await waitUntil("the lake has everything") {
            try await self.lake.refresh().sources["bank"]?.position ?? "" >= position
        }
        process?.terminate()
        try await waitUntil("the program ends", mayEnd: true) { self.process?.poll() != nil }
        #expect(process?.poll() == .exited(0), "\(self)")
        process = nil
    }

    private func waitUntil(
        _ what: String,
        mayEnd: Bool = false,
        _ isReached: () async throws -> Bool
    ) async throws {
        for _ in 0..<Self.looksMax {
            if try await isReached() { return }
            if let failure = bank.failure { throw failure }
            if !mayEnd, let end = process?.poll() {
                throw TarnError(.interrupted, "The program ended while waiting until \(what): \(end).")
            }
            _ = try await database.rows("SELECT pg_sleep(0.02)")
        }
        throw TarnError(.interrupted, "Waited too long until \(what).")
    }
}

// MARK: Chance

extension KillRig {
    func number(in range: Range<Int>) -> Int { range.lowerBound + Int(entropy.next() % UInt64(range.count)) }

    func shuffled<Element>(_ elements: [Element]) -> [Element] {
        var result = elements
        for index in result.indices.dropFirst() { result.swapAt(index, number(in: 0..<index + 1)) }
        return result
    }
}
