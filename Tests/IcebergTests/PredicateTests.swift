import Base
import Columns
import Iceberg
import Testing

/// Which files stay, where statistics are missing, cut, or made by writers with other ideas.
@Suite struct PredicateTests {
    private func value(_ text: String, _ type: ColumnType) throws -> [UInt8] {
        try #require(SingleValue.encode(text, as: type))
    }

    private func file(_ type: ColumnType, _ lower: String?, _ upper: String?, nans: Int64? = nil) throws -> DataFile {
        var file = DataFile.data(path: "f", recordCount: 10, fileSize: 100)
        file.lowerBounds[1] = try lower.map { try value($0, type) }
        file.upperBounds[1] = try upper.map { try value($0, type) }
        file.nanValueCounts[1] = nans
        return file
    }

    private func keeps(
        _ file: DataFile,
        _ comparison: Predicate.Comparison,
        _ text: String,
        _ type: ColumnType
    ) throws -> Bool {
        let column = Predicate.Column(id: 1, type: type)
        return Pruning(.compare(column, comparison, try value(text, type)), partitions: [:]).keeps(file)
    }

    @Test("bounds decide, and what is not known keeps the file")
    func bounds() throws {
        let file = try file(.long, "10", "20")
        for (comparison, kept, dropped) in [
            (.less, "11", "10"), (.lessOrEqual, "10", "9"), (.equal, "15", "21"), (.greaterOrEqual, "20", "21"),
            (.greater, "19", "20"), (.notEqual, "10", nil),
        ] as [(Predicate.Comparison, String, String?)] {
            #expect(try keeps(file, comparison, kept, .long))
            if let dropped { #expect(try !keeps(file, comparison, dropped, .long)) }
        }
        #expect(try !keeps(try self.file(.long, "7", "7"), .notEqual, "7", .long))
        for comparison in [Predicate.Comparison.less, .equal, .greater, .notEqual] {
            #expect(try keeps(try self.file(.long, nil, nil), comparison, "7", .long))
        }
        // Written before the column was widened.
        #expect(try !keeps(try self.file(.int, "1", "2"), .greater, "5000000000", .long))
    }

    @Test("NaN is above every bound unless none is there, and the zeros are equal")
    func floats() throws {
        #expect(try keeps(try file(.double, "1.0", "2.0"), .greater, "9.0", .double))
        #expect(try !keeps(try file(.double, "1.0", "2.0", nans: 0), .greater, "9.0", .double))
        #expect(try keeps(try file(.double, "1.0", "2.0", nans: 3), .greaterOrEqual, "9.0", .double))
        #expect(try !keeps(try file(.double, "1.0", "2.0", nans: 3), .less, "1.0", .double))
        #expect(try !keeps(try file(.double, "1.0", "2.0", nans: 3), .equal, "9.0", .double))
        #expect(try keeps(try file(.double, "-1.0", "-0.0", nans: 0), .greaterOrEqual, "0.0", .double))
        #expect(try keeps(try file(.double, "0.0", "1.0", nans: 0), .lessOrEqual, "-0.0", .double))
        #expect(try keeps(try file(.double, "0.0", "0.0", nans: 1), .notEqual, "0.0", .double))
    }

    @Test("nulls fulfil nothing but IS NULL; bounds of UUIDs and nulls inside of structs are not trusted")
    func nulls() throws {
        let column = Predicate.Column(id: 1, type: .uuid)
        let nested = Predicate.Column(id: 1, type: .uuid, isNested: true)
        var empty = try file(.uuid, nil, nil)
        empty.nullValueCounts[1] = 10
        var full = empty
        full.nullValueCounts[1] = 0
        let key = try value("00000000-0000-0000-0000-000000000009", .uuid)
        func keeps(_ predicate: Predicate, _ file: DataFile) -> Bool { Pruning(predicate, partitions: [:]).keeps(file) }
        #expect(!keeps(.compare(column, .notEqual, key), empty) && keeps(.compare(nested, .equal, key), empty))
        #expect(!keeps(.isNotNull(column), empty) && keeps(.isNull(column), empty))
        #expect(!keeps(.isNull(column), full) && keeps(.isNull(nested), full) && keeps(.isNotNull(column), full))
        #expect(keeps(.any([.isNull(column), .compare(column, .equal, key)]), full))
        #expect(!keeps(.all([.isNull(column), .compare(column, .equal, key)]), full))
        let bounded = try file(.uuid, "10000000-0000-0000-0000-000000000000", "20000000-0000-0000-0000-000000000000")
        #expect(keeps(.compare(column, .equal, key), bounded))
    }

    @Test("times before 1970 are looked for one partition later, and unknown transforms keep every file")
    func oldWriters() throws {
        let schema = Schema(fields: [Field(id: 1, name: "at", type: .timestamp)])
        let spec = try PartitionSpec([PartitionTerm(.hour, of: "at")], of: schema)
        let type = try #require(PartitionType(spec, schemas: [schema]))
        func keeps(_ moment: String, hour: Int32) throws -> Bool {
            var file = DataFile.data(path: "f", recordCount: 10, fileSize: 100)
            file.partition = [DataFile.PartitionValue(fieldID: 1000, name: "at_hour", bytes: SingleValue.int(hour))]
            let column = Predicate.Column(id: 1, type: .timestamp)
            let predicate = Predicate.compare(column, .equal, try value(moment, .timestamp))
            return Pruning(predicate, partitions: [0: type]).keeps(file)
        }
        #expect(try keeps("1969-12-31 23:30:00", hour: -1) && keeps("1969-12-31 23:30:00", hour: 0))
        #expect(try !keeps("1969-12-31 23:30:00", hour: 1) && !keeps("1969-12-31 23:30:00", hour: -2))
        #expect(try keeps("1970-01-01 00:30:00", hour: 0) && !keeps("1970-01-01 00:30:00", hour: 1))
        let unknown = PartitionSpec(
            fields: [PartitionField(sourceID: 1, fieldID: 1000, name: "z", transform: .unknown("zorder"))]
        )
        #expect(PartitionType(unknown, schemas: [schema]) == nil)
    }
}
