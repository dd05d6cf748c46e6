import Base
import Capture
import Columns
import Testing

@testable import PostgresSource

@Suite struct ChangeAssemblerTests {
    typealias Build = MessageBuilder

    private func assembler(from start: UInt64 = 0) throws -> ChangeAssembler {
        var assembler = ChangeAssembler(from: LSN(start), tables: [Orders.table])
        try assembler.feed(Build.relation(Orders.message))
        return assembler
    }

    @Test("a transaction becomes one batch with its position, sequence and time")
    func transaction() throws {
        var assembler = try assembler()
        try assembler.feed(Build.begin(final: 0x100, transaction: 7))
        try assembler.feed(Build.insert(Orders.oid, Orders.row(1)))
        try assembler.feed(Build.update(Orders.oid, Orders.row(1, .null)))
        #expect(try assembler.feed(Build.commit(0x100, end: 0x130)) == .transactionEnded)
        let part = assembler.takePart()
        let batch = try #require(part.batches.first)
        #expect(batch.table == Orders.table)
        #expect(batch.operations == [.create, .update])
        #expect(batch.sequences == [0, 1])
        #expect(batch.transactions.map(\.position.text) == ["0000000000000100"])
        #expect(batch.transactions.map(\.identifier) == ["7"])
        #expect(part.reached?.text == "0000000000000130")
        #expect(part.reachedTime?.description == "2000-01-01T00:00:00.000001Z")
        #expect(part.transactionCount == 1)
        #expect(batch.after.columns[1].isNull(1))
        #expect(batch.after.columns[2].plainText(0) == "1234.50")
        #expect(batch.before.columns.allSatisfy { $0.nullCount == 2 })
    }

    @Test("a transaction that lies before the start is dropped, and the next one is kept")
    func replay() throws {
        var assembler = try assembler(from: 0x130)
        for (final, end) in [(0x100 as UInt64, 0x130 as UInt64), (0x130, 0x160)] {
            try assembler.feed(Build.begin(final: final))
            try assembler.feed(Build.insert(Orders.oid, Orders.row(Int32(final))))
            try assembler.feed(Build.commit(final, end: end))
        }
        let part = assembler.takePart()
        #expect(part.transactionCount == 1)
        #expect(part.batches.map(\.count) == [1])
        #expect(part.batches[0].after.columns[0].plainText(0) == String(0x130))
    }

    @Test("a changed key gives the old key as the row before")
    func keyChange() throws {
        var assembler = try assembler()
        try assembler.feed(Build.begin(final: 1))
        try assembler.feed(
            Build.update(Orders.oid, old: ("K", [.int4(1), .null, .null]), Orders.row(2, .unchanged))
        )
        try assembler.feed(Build.delete(Orders.oid, "K", [.int4(2), .null, .null]))
        let batch = try #require(assembler.takePart().batches.first)
        #expect(batch.hasBefore[0] && batch.hasBefore[1])
        #expect(batch.before.columns[0].plainText(0) == "1")
        #expect(batch.unavailable == [ChangeBatch.UnavailableValue(row: 0, column: 1)])
        #expect(!batch.hasAfter[1])
        #expect(batch.operations == [.update, .delete])
    }

    @Test("an unchanged out-of-line value is taken from the old row where the whole of it was sent")
    func toast() throws {
        var assembler = try assembler()
        try assembler.feed(Build.begin(final: 1))
        try assembler.feed(
            Build.update(Orders.oid, old: ("O", Orders.row(1, .string("long"))), Orders.row(1, .unchanged))
        )
        let batch = try #require(assembler.takePart().batches.first)
        #expect(batch.after.columns[1].plainText(0) == "'long'")
        #expect(batch.unavailable.isEmpty)
    }

    @Test("a truncate is one change of each captured relation and counts in the sequence")
    func truncate() throws {
        var assembler = try assembler()
        var other = Orders.message
        other.oid = 99
        try assembler.feed(Build.relation(other))
        try assembler.feed(Build.begin(final: 1))
        try assembler.feed(Build.truncate([99, Orders.oid]))
        try assembler.feed(Build.insert(Orders.oid, Orders.row(3)))
        let batch = try #require(assembler.takePart().batches.first)
        #expect(batch.operations == [.truncate, .create])
        #expect(batch.sequences == [1, 2])
        #expect(!batch.hasBefore[0] && !batch.hasAfter[0])
    }

    @Test("a repeated relation message of the same shape goes on in the same batch")
    func sameShape() throws {
        var assembler = try assembler()
        try assembler.feed(Build.begin(final: 1))
        try assembler.feed(Build.insert(Orders.oid, Orders.row(1)))
        try assembler.feed(Build.relation(Orders.message))
        let row = Build.insert(Orders.oid, Orders.row(2))
        #expect(try assembler.feed(row) == .needsCatalog(Orders.message))
        assembler.adopt(Self.facts(nil), for: Orders.oid)
        try assembler.feed(row)
        #expect(assembler.takePart().batches.map(\.count) == [2])
    }

    private static func facts(_ layout: TableLayout?) -> RelationFacts {
        RelationFacts(types: [:], columnsWithDefault: [], columns: ["id", "note", "paid"], layout: layout)
    }

    @Test("under REPLICA IDENTITY FULL the catalog is asked at the first change, and its layout goes with the rows")
    func fullIdentity() throws {
        var message = Orders.message
        message.identity = UInt8(ascii: "f")
        for index in message.columns.indices { message.columns[index].isKey = true }
        var assembler = ChangeAssembler(from: LSN(0), tables: [Orders.table])
        try assembler.feed(Build.relation(message))
        try assembler.feed(Build.begin(final: 1))
        let row = Build.insert(Orders.oid, Orders.row(1))
        #expect(try assembler.feed(row) == .needsCatalog(message))
        let layout = TableLayout(columns: [1, 2, 3], key: [2], files: [16_500: 1])
        assembler.adopt(Self.facts(layout), for: Orders.oid)
        #expect(try assembler.feed(row) == .consumed)
        #expect(assembler.takePart().batches.map(\.table.layout) == [layout])
    }

    private static let grown: RelationMessage = {
        var message = Orders.message
        message.columns.append(RelationMessage.Column(isKey: false, name: "colour", type: 25, modifier: -1))
        return message
    }()

    @Test("an added column without default is followed in a batch of its own")
    func addedColumn() throws {
        var assembler = try assembler()
        try assembler.feed(Build.begin(final: 1))
        try assembler.feed(Build.insert(Orders.oid, Orders.row(1)))
        try assembler.feed(Build.relation(Self.grown))
        let row = Build.insert(Orders.oid, Orders.row(2) + [.string("red")])
        #expect(try assembler.feed(row) == .needsCatalog(Self.grown))
        assembler.adopt(
            RelationFacts(types: [:], columnsWithDefault: [], columns: ["id", "note", "paid", "colour"]),
            for: Orders.oid
        )
        #expect(try assembler.feed(row) == .consumed)
        let part = assembler.takePart()
        #expect(part.batches.map(\.table.schemaVersion) == [1, 2])
        #expect(part.batches[1].table.schema.fields.map(\.name) == ["id", "note", "paid", "colour"])
        #expect(part.batches[1].sequences == [1])
        #expect(part.stopped.isEmpty)
    }

    @Test("an added column whose old rows hold a default stops the table")
    func addedDefault() throws {
        var assembler = try assembler()
        try assembler.feed(Build.relation(Self.grown))
        try assembler.feed(Build.begin(final: 1))
        let row = Build.insert(Orders.oid, Orders.row(2) + [.null])
        try assembler.feed(row)
        assembler.adopt(
            RelationFacts(types: [:], columnsWithDefault: ["colour"], columns: ["id", "note", "paid", "colour"]),
            for: Orders.oid
        )
        try assembler.feed(row)
        let part = assembler.takePart()
        #expect(part.stopped.map(\.error.code) == [.schemaChanged])
        #expect(part.batches.isEmpty)
    }

    @Test(
        "a dropped, renamed or retyped column and a changed key stop the table alone",
        arguments: ["drop", "rename", "retype", "key"]
    )
    func stops(_ change: String) throws {
        var message = Orders.message
        switch change {
        case "drop": message.columns.removeLast()
        case "rename": message.columns[1].name = "remark"
        case "retype": message.columns[1].type = 23
        default: message.columns[1].isKey = true
        }
        var assembler = ChangeAssembler(from: LSN(0), tables: [Orders.table])
        try assembler.feed(Build.relation(message))
        try assembler.feed(Build.begin(final: 1))
        try assembler.feed(Build.insert(Orders.oid, Array(Orders.row(1).prefix(message.columns.count))))
        try assembler.feed(Build.commit(1, end: 2))
        let part = assembler.takePart()
        #expect(part.stopped.map(\.table) == ["shop.orders"])
        #expect(part.stopped.map(\.error.code) == [.schemaChanged])
        #expect(part.reached == LSN(2).position)
    }

    @Test("a value that cannot be kept takes its transaction's rows of the table away and names the key")
    func unrepresentable() throws {
        var assembler = try assembler()
        try assembler.feed(Build.begin(final: 1))
        try assembler.feed(Build.insert(Orders.oid, Orders.row(1)))
        try assembler.feed(Build.commit(1, end: 2))
        try assembler.feed(Build.begin(final: 3))
        try assembler.feed(Build.update(Orders.oid, Orders.row(1, .unchanged)))
        try assembler.feed(Build.insert(Orders.oid, [.int4(42), .string("secret"), Orders.notANumber]))
        try assembler.feed(Build.insert(Orders.oid, Orders.row(5)))
        try assembler.feed(Build.commit(3, end: 4))
        let part = assembler.takePart()
        let batch = try #require(part.batches.first)
        #expect(batch.count == 1)
        #expect(batch.after.rowCount == 1 && batch.before.rowCount == 1)
        #expect(batch.hasAfter.count == 1 && batch.transactions.count == 1 && batch.unavailable.isEmpty)
        let error = try #require(part.stopped.first?.error)
        #expect(error.code == .valueUnrepresentable)
        #expect(error.description.contains("id=42"))
        #expect(!error.description.contains("secret"))
        #expect(part.reached == LSN(4).position)
    }

    @Test("a part cut inside a transaction says so and continues the sequence")
    func cut() throws {
        var assembler = try assembler()
        try assembler.feed(Build.begin(final: 1))
        try assembler.feed(Build.insert(Orders.oid, Orders.row(1)))
        let first = assembler.takePart()
        #expect(first.isInsideTransaction && first.reached == nil)
        try assembler.feed(Build.insert(Orders.oid, Orders.row(2)))
        try assembler.feed(Build.commit(1, end: 2))
        let second = assembler.takePart()
        #expect(!second.isInsideTransaction)
        #expect(second.batches.first?.sequences == [1])
    }

    private var session: [[UInt8]] {
        [
            Build.relation(Orders.message), Build.begin(final: 1), Build.insert(Orders.oid, Orders.row(1)),
            Build.update(Orders.oid, old: ("O", Orders.row(1)), Orders.row(1, .unchanged)),
            Build.update(Orders.oid, old: ("K", [.int4(1), .null, .null]), Orders.row(2)),
            Build.truncate([Orders.oid]), Build.delete(Orders.oid, "K", [.int4(2), .null, .null]),
            Build.commit(1, end: 2),
        ]
    }

    @Test("every truncation of every message is an error or a shorter message, never a trap")
    func truncations() throws {
        for (index, message) in session.enumerated() {
            for length in 0..<message.count {
                var assembler = ChangeAssembler(from: LSN(0), tables: [Orders.table])
                try assembler.feed(all: Array(session[..<index]))
                let error = #expect(throws: TarnError.self) { try assembler.feed(Array(message[..<length])) }
                #expect(error?.code == .corruptData)
            }
        }
    }

    @Test("random byte changes never trap")
    func flips() throws {
        let random = SeededEntropy(seed: 20_261)
        for _ in 0..<20_000 {
            var messages = session
            for _ in 0...random.next() % 3 {
                let index = Int(random.next() % UInt64(messages.count))
                let place = Int(random.next() % UInt64(messages[index].count))
                messages[index][place] = UInt8(truncatingIfNeeded: random.next())
            }
            var assembler = ChangeAssembler(from: LSN(0), tables: [Orders.table])
            try? assembler.feed(all: messages)
            for batch in assembler.takePart().batches where !assembler.isInsideTransaction {
                #expect(batch.hasAfter.count == batch.count)
            }
        }
    }
}
