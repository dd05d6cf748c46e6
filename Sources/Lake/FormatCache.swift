import Base
import Iceberg
import Synchronization

/// Decoded metadata files, manifest lists and manifests, by their URI. All of them are immutable once written, so an
/// entry is never stale; the least recently used go first when the cost passes the limit.
final class FormatCache: Sendable {
    enum Item: Sendable {
        /// With the size of its JSON.
        case metadata(TableMetadata, byteCount: Int)
        case manifestList([ManifestFile])
        case manifest([ManifestEntry])

        /// Roughly the bytes it takes in memory: JSON as a tree takes several times its text.
        var cost: Int {
            switch self {
            case .metadata(_, let byteCount): byteCount * 8
            case .manifestList(let files): files.reduce(100) { $0 + 400 + ($1.partitions?.count ?? 0) * 100 }
            case .manifest(let entries): entries.reduce(100) { $0 + $1.file.cost }
            }
        }
    }

    private struct Contents {
        var items: [String: (item: Item, used: Int)] = [:]
        var cost = 0
        var tick = 0
    }

    private let contents = Mutex(Contents())
    private let costMax: Int

    init(costMax: Int = 256 << 20) { self.costMax = costMax }

    subscript(name: String) -> Item? {
        contents.withLock { contents in
            guard let found = contents.items[name] else { return nil }
            contents.tick += 1
            contents.items[name] = (found.item, contents.tick)
            return found.item
        }
    }

    func insert(_ item: Item, for name: String) {
        contents.withLock { contents in
            contents.tick += 1
            if let old = contents.items[name] { contents.cost -= old.item.cost }
            contents.items[name] = (item, contents.tick)
            contents.cost += item.cost
            if contents.cost > costMax { Self.evict(&contents, downTo: costMax * 3 / 4) }
        }
    }

    func remove(_ name: String) {
        contents.withLock { contents in
            guard let old = contents.items.removeValue(forKey: name) else { return }
            contents.cost -= old.item.cost
        }
    }

    private static func evict(_ contents: inout Contents, downTo limit: Int) {
        for (name, found) in contents.items.sorted(by: { $0.value.used < $1.value.used }) {
            guard contents.cost > limit else { return }
            contents.items[name] = nil
            contents.cost -= found.item.cost
        }
    }
}

extension DataFile {
    fileprivate var cost: Int {
        let counts = columnSizes.count + valueCounts.count + nullValueCounts.count + nanValueCounts.count
        let bounds = [lowerBounds, upperBounds].joined().reduce(0) { $0 + 80 + $1.value.count }
        return 500 + path.utf8.count + counts * 24 + bounds
    }
}
