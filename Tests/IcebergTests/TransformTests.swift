import Base
import Columns
import Iceberg
import Testing

@Suite struct TransformTests {
    private func value(_ text: String, _ type: ColumnType) throws -> [UInt8] {
        try #require(SingleValue.encode(text, as: type))
    }

    @Test(
        "buckets hash as the specification's examples do",
        arguments: [
            ("34", ColumnType.int, 2_017_239_379), ("34", .long, 2_017_239_379),
            ("14.20", .decimal(precision: 9, scale: 2), -500_754_589),
            ("14.20", .decimal(precision: 38, scale: 2), -500_754_589), ("2017-11-16", .date, -653_330_422),
            ("22:31:08", .time, -662_762_989), ("2017-11-16 22:31:08", .timestamp, -2_047_944_441),
            ("2017-11-16 22:31:08.000001", .timestamp, -1_207_196_810),
            ("2017-11-16 14:31:08-08", .timestamptz, -2_047_944_441), ("iceberg", .string, 1_210_000_089),
            ("f79c3e09-677c-4bbd-a479-3f349cb785e7", .uuid, 1_488_055_340), ("00010203", .binary, -188_683_207),
            ("00010203", .fixed(4), -188_683_207),
        ] as [(String, ColumnType, Int32)]
    )
    func hashes(text: String, type: ColumnType, hash: Int32) throws {
        for count in [1, 16, 1000, Int(Int32.max)] {
            let bucket = Transform.bucket(count).apply(try value(text, type), as: type)
            #expect(bucket == SingleValue.int(Int32(Int(hash & Int32.max) % count)))
        }
    }

    @Test(
        "truncation, years, months, days and hours round downwards, before 1970 and below zero too",
        arguments: [
            (.truncate(10), "1", .int, "0"), (.truncate(10), "-1", .int, "-10"), (.truncate(10), "-10", .long, "-10"),
            (.truncate(7), "9223372036854775807", .long, "9223372036854775807"),
            (.truncate(50), "10.65", .decimal(precision: 6, scale: 2), "10.50"),
            (.truncate(50), "-0.05", .decimal(precision: 6, scale: 2), "-0.50"),
            (.truncate(3), "iceberg", .string, "ice"), (.truncate(3), "é漢🎈z", .string, "é漢🎈"),
            (.truncate(2), "010203", .binary, "0102"), (.identity, "true", .boolean, "1"),
        ] as [(Transform, String, ColumnType, String)]
    )
    func truncations(transform: Transform, text: String, type: ColumnType, expected: String) throws {
        #expect(transform.result(of: type) == type)
        let result = try #require(transform.apply(try value(text, type), as: type))
        #expect(SingleValue.text(of: result, as: type) == expected)
    }

    @Test(
        "moments fall into the calendar of UTC",
        arguments: [
            ("1969-12-31 23:59:59.999999", -1, -1, -1, -1), ("1970-01-01 00:00:00", 0, 0, 0, 0),
            ("2017-12-01 10:00:00", 47, 575, 17501, 420_034), ("1968-02-29 00:00:00", -2, -23, -672, -16128),
        ] as [(String, Int32, Int32, Int32, Int32)]
    )
    func calendar(text: String, year: Int32, month: Int32, day: Int32, hour: Int32) throws {
        for type in [ColumnType.timestamp, .timestamptz] {
            let moment = try value(text, type)
            for (transform, expected) in [
                (Transform.year, year), (.month, month), (.day, day), (.hour, hour),
            ] {
                #expect(transform.apply(moment, as: type) == SingleValue.int(expected), "\(transform) of \(text)")
            }
        }
        let date = try value(String(text.prefix(10)), .date)
        #expect(Transform.day.apply(date, as: .date) == SingleValue.int(day))
        #expect(Transform.month.apply(date, as: .date) == SingleValue.int(month))
        #expect(Transform.hour.result(of: .date) == nil)
    }

    @Test("transforms and terms are read as they are written, and unknown ones change nothing")
    func spelling() throws {
        for text in ["identity", "bucket[16]", "truncate[4]", "year", "month", "day", "hour", "void", "zorder[3]"] {
            #expect(Transform(text).description == text)
        }
        #expect(Transform("bucket[0]") == .unknown("bucket[0]"))
        #expect(try PartitionTerm(parsing: " region ") == PartitionTerm(.identity, of: "region"))
        #expect(try PartitionTerm(parsing: "Day( at )") == PartitionTerm(.day, of: "at"))
        #expect(try PartitionTerm(parsing: "bucket(16, a.b)") == PartitionTerm(.bucket(16), of: "a.b"))
        for text in ["", "bucket(id)", "bucket(0, id)", "day(", "week(at)", "void(at)", "day()", "a(b,c,d)"] {
            #expect(throws: TarnError.self, "\(text)") { try PartitionTerm(parsing: text) }
        }
    }

    @Test("a spec is made on columns that exist and whose types the transforms take")
    func specs() throws {
        let schema = Schema(fields: [
            Field(id: 1, name: "id", type: .long), Field(id: 2, name: "at", type: .timestamptz),
            Field(id: 3, name: "id_bucket", type: .string), Field(id: 4, name: "weight", type: .double),
            Field(id: 5, name: "place", type: .structure([Field(id: 6, name: "zone", type: .string)])),
        ])
        let terms = try ["bucket(4, id)", "day(at)", "place.zone"].map { try PartitionTerm(parsing: $0) }
        let spec = try PartitionSpec(terms, of: schema)
        #expect(spec.fields.map(\.name) == ["id_bucket_partition", "at_day", "place.zone"])
        #expect(spec.fields.map(\.fieldID) == [1000, 1001, 1002])
        #expect(spec.fields.map(\.sourceID) == [1, 2, 6])
        #expect(spec.types(in: [schema]) == [.int, .date, .string])
        for text in ["weight", "day(id)", "missing", "place", "truncate(4, at)"] {
            #expect(throws: TarnError.self, "\(text)") {
                try PartitionSpec([try PartitionTerm(parsing: text)], of: schema)
            }
        }
    }

    @Test("a table that never had files gets its spec in place; later ones keep the ids of equal fields")
    func evolution() throws {
        var metadata = TableMetadata.create(
            uuid: "9c12d441-03fe-4693-9a96-a0705ddf69c1",
            location: "mem:/t",
            schema: Schema(fields: [Field(id: 1, name: "id", type: .long), Field(id: 2, name: "day", type: .date)]),
            properties: [],
            now: Timestamp(microseconds: 0)
        )
        let schema = try metadata.currentSchema
        func spec(_ terms: String...) throws -> PartitionSpec {
            try PartitionSpec(try terms.map { try PartitionTerm(parsing: $0) }, of: schema)
        }
        #expect(metadata.setSpec(try spec("bucket(4, id)")).id == 0)
        let snapshot = Snapshot(
            id: 1,
            parentID: nil,
            sequenceNumber: 1,
            timestampMilliseconds: 0,
            manifestList: "mem:/t/list",
            summary: [],
            schemaID: 0
        )
        metadata.add(snapshot, now: Timestamp(microseconds: 0))
        let second = metadata.setSpec(try spec("month(day)", "bucket(4, id)"))
        #expect(second.id == 1)
        #expect(second.fields.map(\.fieldID) == [1001, 1000])
        #expect(metadata.setSpec(try spec("bucket(8, id)")).fields.map(\.fieldID) == [1002])
        #expect(metadata.setSpec(try spec("bucket(4, id)")).id == 0)
        #expect(metadata.setSpec(.unpartitioned).id == 3)
        #expect(try TableMetadata(parsing: metadata.serialized()).partitionSpecs.map(\.id) == [0, 1, 2, 3])
        #expect(!metadata.isPartitioned)
    }
}
