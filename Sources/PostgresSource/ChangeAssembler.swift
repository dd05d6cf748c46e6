package import Base
package import Capture
internal import Columns

/// Turns pgoutput messages (version 1, binary) into change batches. No I/O: bytes in, batches out.
///
/// A row's position is the LSN of its commit record, which the transaction announces at its beginning; the position
/// reached is the end of that record. Hence a transaction is already in the lake when it lies before the position
/// reached earlier.
package struct ChangeAssembler: Sendable {
    package enum Outcome: Sendable, Equatable {
        case consumed
        case transactionEnded
        /// The catalog must be asked about this relation; then `adopt`, then the same message again.
        case needsCatalog(RelationMessage)
    }

    enum Relation: Sendable {
        /// `asks`: the catalog's word is wanted even where the message tells nothing new. A message looks the same after
        /// a column was replaced by its like, and under REPLICA IDENTITY FULL after the key was changed.
        case announced(RelationMessage, asks: Bool)
        case followed(FollowedTable)
        case ignored
    }

    struct OpenTransaction: Sendable {
        var info: TransactionInfo
        var isSkipped: Bool
        /// Counts transactions, to tell them apart cheaply.
        var number: Int
        var sequence: Int64 = 0
    }

    let start: LSN
    var known: [UInt32: CapturedTable] = [:]
    var types = TypeCatalog()
    private var relations: [Relation] = []
    private var indexOf: [UInt32: Int] = [:]
    private var last: (oid: UInt32, index: Int)?
    private(set) var facts: [UInt32: RelationFacts] = [:]
    var transaction: OpenTransaction?
    var part = StreamPart()
    private var building: [BatchBuilder] = []
    private var transactionCount = 0
    /// The relation of the row before and its batch: the way of most rows, without a look at anything else.
    private var hot: (oid: UInt32, batch: Int)?
    package private(set) var bytesInPart = 0
    /// What a change takes in memory beside its values, in the batch and in what landing makes of it.
    private static let changeBytes = 100
    package private(set) var rowsInPart = 0

    package init(from start: LSN, tables: [CapturedTable], types: TypeCatalog = TypeCatalog()) {
        self.start = start
        self.types = types
        for table in tables { known[UInt32(truncatingIfNeeded: table.identity)] = table }
    }

    package var isInsideTransaction: Bool { transaction != nil }
    package var hasContent: Bool { part.reached != nil || rowsInPart > 0 || !part.stopped.isEmpty }

    /// Takes in one message, as it comes after the header of the replication stream.
    package mutating func consume(_ message: ByteReader) throws(TarnError) -> Outcome {
        do throws(WireFault) {
            bytesInPart += message.count + Self.changeBytes
            var reader = message
            let letter = try reader.unsigned8()
            return try consume(letter, &reader)
        } catch {
            throw TarnError(.corruptData, "A message of the replication stream is malformed.")
        }
    }

    private mutating func consume(_ letter: UInt8, _ reader: inout ByteReader) throws(WireFault) -> Outcome {
        switch letter {
        case UInt8(ascii: "I"), UInt8(ascii: "U"), UInt8(ascii: "D"): return try row(letter, reader)
        case UInt8(ascii: "B"): try begin(&reader)
        case UInt8(ascii: "C"): return try commit(&reader)
        case UInt8(ascii: "R"): announce(try RelationMessage(&reader))
        case UInt8(ascii: "T"): return try truncate(&reader)
        case UInt8(ascii: "Y"), UInt8(ascii: "O"), UInt8(ascii: "M"): break
        default: throw .malformed
        }
        return .consumed
    }

    private mutating func begin(_ reader: inout ByteReader) throws(WireFault) {
        guard transaction == nil else { throw .malformed }
        let final = LSN(try reader.integer(UInt64.self))
        let time = try Self.timestamp(&reader)
        let identifier = String(try reader.whole(UInt32.self))
        let info = TransactionInfo(position: final.position, identifier: identifier, commitTime: time)
        transactionCount += 1
        hot = nil
        transaction = OpenTransaction(info: info, isSkipped: final < start, number: transactionCount)
    }

    private mutating func commit(_ reader: inout ByteReader) throws(WireFault) -> Outcome {
        guard let ended = transaction else { throw .malformed }
        _ = try reader.unsigned8()
        _ = try reader.integer(UInt64.self)
        let end = LSN(try reader.integer(UInt64.self))
        let time = try Self.timestamp(&reader)
        guard reader.count == 0 else { throw .malformed }
        transaction = nil
        guard !ended.isSkipped else { return .consumed }
        part.reached = end.position
        part.reachedTime = time
        part.transactionCount += 1
        part.idle = nil
        return .transactionEnded
    }

    /// PostgreSQL counts microseconds from 2000-01-01.
    private static func timestamp(_ reader: inout ByteReader) throws(WireFault) -> Timestamp {
        let (value, overflow) = try reader.integer(Int64.self).addingReportingOverflow(946_684_800_000_000)
        guard !overflow else { throw .malformed }
        return Timestamp(microseconds: value)
    }

    private mutating func announce(_ message: RelationMessage) {
        guard known[message.oid] != nil else { return setRelation(message.oid, .ignored) }
        facts[message.oid] = nil
        setRelation(message.oid, .announced(message, asks: indexOf[message.oid] != nil || message.hidesKey))
    }

    private mutating func setRelation(_ oid: UInt32, _ relation: Relation) {
        hot = nil
        if let index = indexOf[oid] {
            relations[index] = relation
        } else {
            indexOf[oid] = relations.count
            relations.append(relation)
        }
    }

    /// Takes the catalog's word about a relation for which `needsCatalog` was answered.
    package mutating func adopt(_ facts: RelationFacts, for oid: UInt32) {
        for (type, entry) in facts.types { types.add(entry, for: type) }
        self.facts[oid] = facts
    }

    /// Hands out what was gathered and begins the next part.
    package mutating func takePart() -> StreamPart {
        var taken = part
        for index in building.indices where building[index].count > 0 {
            taken.batches.append(building[index].finished())
        }
        building = []
        hot = nil
        taken.isInsideTransaction = transaction.map { !$0.isSkipped } ?? false
        part = StreamPart()
        bytesInPart = 0
        rowsInPart = 0
        for index in relations.indices {
            guard case .followed(var table) = relations[index] else { continue }
            table.batch = nil
            relations[index] = .followed(table)
        }
        return taken
    }

    /// Notes that all that was logged at a time has arrived.
    package mutating func noteCaughtUp(at time: Timestamp) { part.caughtUpAt = time }

    /// Notes the server's end of log; meaningful only between transactions.
    package mutating func noteIdle(_ position: LSN) {
        guard transaction == nil else { return }
        part.idle = position.position
    }
}

extension ChangeAssembler {
    /// Where the rows of a relation go.
    private enum Target {
        case table(Int)
        case nowhere
        case needsCatalog(RelationMessage)
    }

    private mutating func row(_ letter: UInt8, _ message: ByteReader) throws(WireFault) -> Outcome {
        var reader = message
        let oid = try reader.integer(UInt32.self)
        guard let open = transaction else { throw .malformed }
        if let hot, hot.oid == oid {
            try append(letter, reader, oid, to: hot.batch, open)
            transaction?.sequence += 1
            return .consumed
        }
        switch try target(oid, open) {
        case .needsCatalog(let relation): return .needsCatalog(relation)
        case .nowhere: break
        case .table(let index):
            guard case .followed(var table) = relations[index] else { throw .malformed }
            let batch = batchIndex(&table)
            relations[index] = .followed(table)
            hot = (oid, batch)
            try append(letter, reader, oid, to: batch, open)
        }
        transaction?.sequence += 1
        return .consumed
    }

    private mutating func truncate(_ reader: inout ByteReader) throws(WireFault) -> Outcome {
        guard let open = transaction else { throw .malformed }
        let count = Int(try reader.integer(Int32.self))
        _ = try reader.unsigned8()
        guard count >= 0, reader.count == count * 4 else { throw .malformed }
        var indices: [Int?] = []
        for _ in 0..<count {
            switch try target(try reader.integer(UInt32.self), open) {
            case .needsCatalog(let relation): return .needsCatalog(relation)
            case .nowhere: indices.append(nil)
            case .table(let index): indices.append(index)
            }
        }
        for index in indices {
            if let index, case .followed(var table) = relations[index], let open = transaction {
                let batch = batchIndex(&table)
                relations[index] = .followed(table)
                building[batch].appendTruncate(open)
                rowsInPart += 1
            }
            transaction?.sequence += 1
        }
        return .consumed
    }

    private mutating func target(_ oid: UInt32, _ open: OpenTransaction) throws(WireFault) -> Target {
        guard !open.isSkipped else { return .nowhere }
        let index: Int
        if let last, last.oid == oid {
            index = last.index
        } else {
            guard let found = indexOf[oid] else { throw .malformed }
            index = found
            last = (oid, found)
        }
        switch relations[index] {
        case .followed: return .table(index)
        case .ignored: return .nowhere
        case .announced(let message, let asks):
            if asks, facts[oid] == nil { return .needsCatalog(message) }
            return settle(message, index)
        }
    }

    /// Decides what becomes of a relation at its first change in an announced shape.
    private mutating func settle(_ message: RelationMessage, _ index: Int) -> Target {
        guard let table = known[message.oid] else { return .nowhere }
        let comparison = FollowedTable.compare(table, with: message, types: types, facts: facts[message.oid])
        switch comparison {
        case .needsCatalog: return .needsCatalog(message)
        case .stop(let error):
            stop(index, table.qualifiedName, error, oid: message.oid)
            return .nowhere
        case .same(var followed):
            facts[message.oid] = nil
            followed.batch = building.lastIndex { $0.table == followed.table }
            if let batch = followed.batch { building[batch].wires = followed.wires }
            known[message.oid] = followed.table
            relations[index] = .followed(followed)
            return .table(index)
        }
    }

    /// Ends the capture of one table: of the open transaction none of its rows stay in this part.
    private mutating func stop(_ index: Int, _ name: String, _ error: TarnError, oid: UInt32) {
        hot = nil
        relations[index] = .ignored
        known[oid] = nil
        part.stopped.append(TableStop(table: name, error: error))
        guard let open = transaction else { return }
        for batch in building.indices where building[batch].table.identity == UInt64(oid) {
            building[batch].removeRows(of: open)
        }
    }

    private mutating func batchIndex(_ table: inout FollowedTable) -> Int {
        if let batch = table.batch { return batch }
        building.append(BatchBuilder(table.table, wires: table.wires))
        table.batch = building.count - 1
        return building.count - 1
    }

    private mutating func append(
        _ letter: UInt8,
        _ reader: ByteReader,
        _ oid: UInt32,
        to batch: Int,
        _ open: OpenTransaction
    ) throws(WireFault) {
        do throws(RowFault) {
            try building[batch].append(letter, reader, open)
            rowsInPart += 1
        } catch {
            guard let fault = error.value, let index = indexOf[oid] else { throw .malformed }
            let table = building[batch].table
            let failure = RowFault.Value.error(table, fault.column, fault.fault, key: fault.key)
            stop(index, table.qualifiedName, failure, oid: oid)
        }
    }
}
