/// A place in the manifest list that is being made: a manifest that stays as it is, or entries yet to be written.
struct ManifestSlot {
    enum Origin {
        case listed(ManifestFile)
        case fresh([ManifestEntry])
    }

    let content: ManifestFile.Content
    /// All files of a manifest are of one partition spec.
    let specID: Int
    var origin: Origin
    /// Of fresh entries an estimate.
    let bytes: Int64
    let liveFiles: Int64

    private static let entryBytesEstimate: Int64 = 300

    init(_ manifest: ManifestFile) {
        content = manifest.content
        specID = manifest.partitionSpecID
        origin = .listed(manifest)
        bytes = manifest.length
        liveFiles = manifest.counts?.liveFiles ?? 0
    }

    init(_ entries: [ManifestEntry], content: ManifestFile.Content, specID: Int) {
        self.content = content
        self.specID = specID
        origin = .fresh(entries)
        bytes = Int64(entries.count) * Self.entryBytesEstimate
        liveFiles = Int64(entries.count { $0.isLive })
    }

    /// Manifests of about the same number of files: each class holds eight times what the one below does.
    var sizeClass: Int { liveFiles <= 0 ? 0 : (Int64.bitWidth - 1 - liveFiles.leadingZeroBitCount) / 3 }
}

/// Decides which manifests to merge.
///
/// Only manifests of one size class are merged, so that an entry is rewritten once a class at the most about twice:
/// the cost of a commit is logarithmic in the number of files, not linear.
struct MergePlan {
    let limits: SnapshotLimits

    /// Groups of slots to be made one each; empty where there are few enough.
    ///
    /// - Parameter candidates: index and slot of the manifests that may be merged, all of one content.
    func groups(_ candidates: [(index: Int, slot: ManifestSlot)]) -> [[Int]] {
        let small = candidates.filter { $0.slot.bytes < limits.manifestBytesTarget / 2 && $0.slot.liveFiles > 0 }
        guard small.count > limits.manifestsMergeCount else { return [] }
        let classes = Dictionary(grouping: small) { $0.slot.sizeClass }
        let fullest = classes.max { first, second in
            (first.value.count, second.key) < (second.value.count, first.key)
        }
        return packed(fullest?.value ?? []).filter { $0.count > 1 }
    }

    private func packed(_ members: [(index: Int, slot: ManifestSlot)]) -> [[Int]] {
        var groups: [[Int]] = []
        var room: Int64 = 0
        for member in members {
            if groups.isEmpty || member.slot.bytes > room {
                groups.append([])
                room = limits.manifestBytesTarget
            }
            groups[groups.count - 1].append(member.index)
            room -= member.slot.bytes
        }
        return groups
    }
}
