import Base
import Columns
import Iceberg
import Testing

@Suite struct ManifestCodecTests {
    private let schema = SchemaCodec.encode(Schema(fields: [Field(id: 1, name: "id", type: .long)]))

    private func manifest(seed: UInt64, count: Int) -> (entries: [ManifestEntry], file: ManifestFile, bytes: [UInt8]) {
        let samples = Samples(seed: seed)
        let content: ManifestFile.Content = seed.isMultiple(of: 2) ? .data : .deletes
        let entries = (0..<count).map { samples.entry("file-\($0)-é", deletes: content == .deletes) }
        let bytes = ManifestCodec.encode(entries, content: content, schema: schema, partition: .unpartitioned)
        return (entries, samples.manifest("m", content), bytes)
    }

    @Test("a manifest reads back as it was written", arguments: UInt64(0)..<20)
    func roundTrip(seed: UInt64) throws {
        let sample = manifest(seed: seed, count: Int(seed * seed * 3))
        #expect(try ManifestCodec.decode(sample.bytes, of: sample.file) == sample.entries)
        #expect(manifest(seed: seed, count: Int(seed * seed * 3)).bytes == sample.bytes)
    }

    @Test("an added entry inherits number and snapshot; an existing one must have its number")
    func inheritance() throws {
        let samples = Samples(seed: 1)
        var entry = samples.entry("f")
        entry.status = .added
        entry.snapshotID = nil
        entry.sequenceNumber = nil
        entry.fileSequenceNumber = nil
        let read = try ManifestCodec.decode(
            ManifestCodec.encode([entry], content: .data, schema: schema, partition: .unpartitioned),
            of: samples.manifest("m")
        )
        #expect(read.map(\.sequenceNumber) == [41])
        #expect(read.map(\.fileSequenceNumber) == [41])
        #expect(read.map(\.snapshotID) == [99])
        entry.status = .existing
        let bytes = ManifestCodec.encode([entry], content: .data, schema: schema, partition: .unpartitioned)
        let error = #expect(throws: TarnError.self) { try ManifestCodec.decode(bytes, of: samples.manifest("m")) }
        #expect(error?.code == .corruptData)
        var old = samples.manifest("m")
        old.sequenceNumber = 0
        #expect(try ManifestCodec.decode(bytes, of: old).map(\.sequenceNumber) == [0])
    }

    @Test("a manifest list reads back as it was written")
    func listRoundTrip() throws {
        let samples = Samples(seed: 3)
        let manifests = (0..<400).map { index in
            var manifest = samples.manifest("manifest-\(index)", index.isMultiple(of: 3) ? .deletes : .data)
            manifest.counts = ManifestFile.Counts(of: (0..<4).map { samples.entry("f\($0)") })
            manifest.length = Int64(samples.number(0..<1_000_000))
            manifest.partitions = [
                .init(containsNull: true, containsNaN: nil, lowerBound: nil, upperBound: samples.bytes(3))
            ]
            manifest.keyMetadata = index == 7 ? [1, 2] : nil
            return manifest
        }
        let bytes = ManifestListCodec.encode(manifests, snapshotID: 5, parentID: nil, sequenceNumber: 9)
        #expect(try ManifestListCodec.decode(bytes, subject: "list") == manifests)
    }

    @Test("every truncation of a manifest is refused")
    func truncation() {
        let sample = manifest(seed: 4, count: 6)
        for end in 0..<sample.bytes.count {
            let cut = try? ManifestCodec.decode(Array(sample.bytes[..<end]), of: sample.file)
            #expect(cut == nil || cut?.isEmpty == true)
        }
    }

    @Test("flipped bits never trap", arguments: UInt64(1)...4)
    func bitFlips(seed: UInt64) {
        let sample = manifest(seed: seed, count: 10)
        let list = ManifestListCodec.encode([sample.file], snapshotID: 1, parentID: 2, sequenceNumber: 3)
        let entropy = SeededEntropy(seed: seed)
        for _ in 0..<300 {
            var bytes = sample.bytes
            var short = list
            for _ in 0...entropy.next() % 3 {
                bytes[Int(entropy.next() % UInt64(bytes.count))] ^= UInt8(1 << (entropy.next() % 8))
                short[Int(entropy.next() % UInt64(short.count))] ^= UInt8(1 << (entropy.next() % 8))
            }
            _ = try? ManifestCodec.decode(bytes, of: sample.file)
            _ = try? ManifestListCodec.decode(short, subject: "list")
        }
    }

    @Test("errors name the object")
    func subject() {
        let error = #expect(throws: TarnError.self) {
            try ManifestListCodec.decode([1, 2, 3, 4], subject: "snap-1.avro")
        }
        #expect(error?.detail.first?.value == "snap-1.avro")
    }
}
