import Base
import Synchronization

@testable import PostgresSource

/// A bank's database at work. All amounts together stay what they were; each transfer has two ledger rows, and each
/// account counts the ledger rows that name it.
final class KillBank: Sendable {
    static let accountCount = 120
    static let opening = 100
    static let workerCount = 2
    static let tables = ["accounts", "transfers", "ledger", "audit"]

    static let setup = """
        CREATE TABLE accounts (id bigint PRIMARY KEY, owner text NOT NULL, balance numeric(14,2) NOT NULL,
            moves bigint NOT NULL DEFAULT 0, note text);
        ALTER TABLE accounts ALTER COLUMN note SET STORAGE EXTERNAL;
        CREATE TABLE transfers (id bigint PRIMARY KEY, debit bigint, credit bigint, amount numeric(14,2),
            at timestamptz NOT NULL DEFAULT clock_timestamp());
        CREATE TABLE ledger (transfer bigint, side smallint, account bigint, amount numeric(14,2),
            PRIMARY KEY (transfer, side));
        CREATE TABLE audit (id bigint PRIMARY KEY, what text, ok boolean, detail jsonb);
        INSERT INTO accounts SELECT i, 'owner ' || i, \(opening), 0, repeat('note ' || i, 700)
            FROM generate_series(0, \(accountCount - 1)) i;
        INSERT INTO audit SELECT i, repeat('old ', 100), true FROM generate_series(1, 8000) i;
        """

    private struct Progress {
        var transactions = 0
        var isStopped = false
        var failure: (any Error)?
    }

    private let connection: String
    private let progress = Mutex(Progress())

    init(_ connection: String) { self.connection = connection }

    /// How many transactions were committed.
    var transactions: Int { progress.withLock { $0.transactions } }
    var failure: (any Error)? { progress.withLock { $0.failure } }

    func stop() { progress.withLock { $0.isStopped = true } }

    /// One worker, until `stop`. Workers share tables, not rows: none waits for another.
    func work(_ worker: Int, seed: UInt64) async throws {
        do {
            let session = Session(connection)
            try await session.execute("SET search_path = public")
            var clerk = KillClerk(worker, seed: seed)
            while !progress.withLock({ $0.isStopped }) {
                let row = try await clerk.rowToMove(session)
                try await session.execute(clerk.next(row))
                progress.withLock { $0.transactions += 1 }
                _ = try await session.rows("SELECT pg_sleep(0.008)")
            }
            await session.close()
        } catch {
            progress.withLock { $0.failure = error }
            throw error
        }
    }
}

/// Invents the transactions of one worker; the same seed invents the same ones.
struct KillClerk {
    private let entropy: SeededEntropy
    /// The present keys of the accounts that this worker moves.
    private var accounts: [Int64]
    private var nextAccount: Int64
    private var nextTransfer: Int64
    private var nextAudit: Int64
    private var transfers: [Transfer] = []
    private var moved: Int?

    private struct Transfer {
        var id: Int64
        var debit: Int
        var credit: Int
        var cents: Int
    }

    init(_ worker: Int, seed: UInt64) {
        entropy = SeededEntropy(seed: seed &+ UInt64(worker) &* 7919)
        accounts = stride(from: worker, to: KillBank.accountCount, by: KillBank.workerCount).map { Int64($0) }
        nextAccount = Int64(worker + 1) * 1_000_000
        nextTransfer = Int64(worker + 1) * 10_000_000
        nextAudit = Int64(worker + 1) * 10_000_000
    }

    /// Now and then, the row of an account that is going to be deleted and inserted again.
    mutating func rowToMove(_ session: Session) async throws -> [String?]? {
        moved = roll(100) < 6 ? roll(accounts.count) : nil
        guard let moved else { return nil }
        let rows = try await session.rows(
            "SELECT owner, balance, moves, note FROM accounts WHERE id = \(accounts[moved])"
        )
        return rows.first
    }

    /// The next transaction.
    mutating func next(_ row: [String?]?) -> String {
        if let row, let moved { return deleteAndInsert(moved, row) }
        switch roll(100) {
        case ..<58: return transaction(transfer())
        case ..<66: return transaction(transfer() + newNote())
        case ..<72: return transaction(newKey() + transfer())
        case ..<78: return transaction(reversal())
        case ..<83: return "BEGIN; \(scribble()) ROLLBACK"
        case ..<87: return transaction(transfer() + "SAVEPOINT s; \(scribble()) ROLLBACK TO s; " + audit())
        case ..<91: return transaction(auditChange())
        case ..<93: return transaction("TRUNCATE audit; " + audit() + transfer())
        case ..<99: return transaction((0..<10).map { _ in transfer() }.joined())
        default: return transaction(roll(4) == 0 ? bulk() : transfer())
        }
    }

    private func roll(_ sides: Int) -> Int { Int(entropy.next() % UInt64(sides)) }

    private func transaction(_ body: String) -> String { "BEGIN; \(body) COMMIT" }

    private mutating func transfer() -> String {
        let debit = roll(accounts.count)
        let credit = (debit + 1 + roll(accounts.count - 1)) % accounts.count
        let transfer = Transfer(id: nextTransfer, debit: debit, credit: credit, cents: 1 + roll(500))
        nextTransfer += 1
        transfers.append(transfer)
        let amount = Self.amount(transfer.cents)
        let (from, to) = (accounts[debit], accounts[credit])
        return """
            UPDATE accounts SET balance = balance - \(amount), moves = moves + 1 WHERE id = \(from); \
            UPDATE accounts SET balance = balance + \(amount), moves = moves + 1 WHERE id = \(to); \
            INSERT INTO transfers VALUES (\(transfer.id), \(from), \(to), \(amount)); \
            INSERT INTO ledger VALUES (\(transfer.id), 1, \(from), -\(amount)), (\(transfer.id), 2, \(to), \(amount)); \
            \(roll(3) == 0 ? audit() : "")
            """
    }

    private mutating func reversal() -> String {
        guard !transfers.isEmpty else { return transfer() }
        let transfer = transfers.remove(at: roll(transfers.count))
        let amount = Self.amount(transfer.cents)
        return """
            DELETE FROM ledger WHERE transfer = \(transfer.id); DELETE FROM transfers WHERE id = \(transfer.id); \
            UPDATE accounts SET balance = balance + \(amount), moves = moves - 1 WHERE id = \(accounts[transfer.debit]); \
            UPDATE accounts SET balance = balance - \(amount), moves = moves - 1 WHERE id = \(accounts[transfer.credit]);
            """
    }

    private mutating func audit() -> String {
        nextAudit += 1
        let ok = ["true", "false", "NULL"][roll(3)]
        return "INSERT INTO audit (id, what, ok, detail) VALUES "
            + "(\(nextAudit), 'it''s \(roll(1000))\\n \u{1F3E6}', \(ok), '{\"n\": \(roll(9))}'); "
    }

    private mutating func auditChange() -> String {
        let ids = "id BETWEEN \(nextAudit - 20) AND \(nextAudit)"
        return switch roll(3) {
        case 0: "UPDATE audit SET what = NULL, ok = NOT ok WHERE \(ids);"
        case 1: "DELETE FROM audit WHERE \(ids);"
        default: audit() + "DELETE FROM audit WHERE id = \(nextAudit);" + audit()
        }
    }

    private func newNote() -> String {
        "UPDATE accounts SET note = repeat('new \(roll(1000)) ', 500) WHERE id = \(accounts[roll(accounts.count)]); "
    }

    /// A new key; or two accounts change keys by way of a third.
    private mutating func newKey() -> String {
        let (one, other) = (roll(accounts.count), roll(accounts.count))
        nextAccount += 1
        guard roll(2) == 0, one != other else {
            defer { accounts[one] = nextAccount }
            return "UPDATE accounts SET id = \(nextAccount) WHERE id = \(accounts[one]); "
        }
        defer { accounts.swapAt(one, other) }
        let (first, second) = (accounts[one], accounts[other])
        return """
            UPDATE accounts SET id = \(nextAccount) WHERE id = \(first); \
            UPDATE accounts SET id = \(first) WHERE id = \(second); \
            UPDATE accounts SET id = \(second) WHERE id = \(nextAccount); 
            """
    }

    private mutating func deleteAndInsert(_ account: Int, _ row: [String?]) -> String {
        let values = row.map { $0.map(\.literal) ?? "NULL" }.joined(separator: ", ")
        let id = accounts[account]
        return transaction(
            "DELETE FROM accounts WHERE id = \(id); INSERT INTO accounts VALUES (\(id), \(values)); " + transfer()
        )
    }

    /// More than the landing may hold in memory.
    private mutating func bulk() -> String {
        let first = nextAudit + 1
        let last = first + 2999
        nextAudit = last
        return (0..<50).map { _ in transfer() }.joined() + """
            INSERT INTO audit (id, what, ok) SELECT i, repeat('bulk', 100), i % 2 = 0
                FROM generate_series(\(first), \(last)) i; \
            DELETE FROM audit WHERE id BETWEEN \(first) AND \(last - 100); 
            """ + transfer()
    }

    /// Changes that are going to be rolled back.
    private func scribble() -> String {
        "UPDATE accounts SET balance = 0, note = 'wrong' WHERE id = \(accounts[roll(accounts.count)]); "
            + "INSERT INTO audit (id) VALUES (-\(nextAudit)); "
    }

    private static func amount(_ cents: Int) -> String {
        let rest = cents % 100
        return "\(cents / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
