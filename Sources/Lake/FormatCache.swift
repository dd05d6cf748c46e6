import Base
import Iceberg
import Synchronization

/// Decoded metadata files, manifest lists and manifests, by their URI. All of them are immutable once written, so an
/// entry is never stale; the least recently used go first when the cost passes the limit.
final class FormatCache: Sendable {
    enum Item: Sendable {
        case metadata(TableMetadata)
        case manifestList([ManifestFile])
        case manifest([ManifestEntry])

        /// Roughly in units of one manifest entry.
        var cost: Int {
            switch self {
            case .metadata: 50
            case .manifestList(let files): files.count + 1
            case .manifest(let entries): entries.count + 1
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

    init(costMax: Int = 500_000) { self.costMax = costMax }

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

    private static func evict(_ contents: inout Contents, downTo limit: Int) {
        for (name, found) in contents.items.sorted(by: { $0.value.used < $1.value.used }) {
            guard contents.cost > limit else { return }
            contents.items[name] = nil
            contents.cost -= found.item.cost
        }
    }
}
