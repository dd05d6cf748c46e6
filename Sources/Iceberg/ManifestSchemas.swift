import Base

/// The Avro schemas of version 2 manifests and manifest lists, as the format's Java library writes them.
enum ManifestSchemas {
    static let list: JSONValue = record(
        "manifest_file",
        [
            field("manifest_path", 500, "string"), field("manifest_length", 501, "long"),
            field("partition_spec_id", 502, "int"), field("content", 517, "int"),
            field("sequence_number", 515, "long"), field("min_sequence_number", 516, "long"),
            field("added_snapshot_id", 503, "long"), field("added_files_count", 504, "int"),
            field("existing_files_count", 505, "int"), field("deleted_files_count", 506, "int"),
            field("added_rows_count", 512, "long"), field("existing_rows_count", 513, "long"),
            field("deleted_rows_count", 514, "long"),
            optional("partitions", 507, ["type": "array", "items": fieldSummary, "element-id": 508]),
            optional("key_metadata", 519, "bytes"),
        ]
    )

    /// - Parameter partition: the Avro record of the spec's partition.
    static func entry(partition: JSONValue) -> JSONValue {
        record(
            "manifest_entry",
            [
                field("status", 0, "int"), optional("snapshot_id", 1, "long"), optional("sequence_number", 3, "long"),
                optional("file_sequence_number", 4, "long"),
                field("data_file", 2, record("r2", fileHead + [field("partition", 102, partition)] + fileTail)),
            ]
        )
    }

    private static let fileHead = [
        field("content", 134, "int"), field("file_path", 100, "string"), field("file_format", 101, "string"),
    ]

    private static let fileTail = [
        field("record_count", 103, "long"), field("file_size_in_bytes", 104, "long"),
        optional("column_sizes", 108, map(117, 118, "long")), optional("value_counts", 109, map(119, 120, "long")),
        optional("null_value_counts", 110, map(121, 122, "long")),
        optional("nan_value_counts", 137, map(138, 139, "long")),
        optional("lower_bounds", 125, map(126, 127, "bytes")),
        optional("upper_bounds", 128, map(129, 130, "bytes")),
        optional("key_metadata", 131, "bytes"),
        optional("split_offsets", 132, ["type": "array", "items": "long", "element-id": 133]),
        optional("equality_ids", 135, ["type": "array", "items": "int", "element-id": 136]),
        optional("sort_order_id", 140, "int"), optional("referenced_data_file", 143, "string"),
    ]

    private static let fieldSummary = record(
        "r508",
        [
            field("contains_null", 509, "boolean"), optional("contains_nan", 518, "boolean"),
            optional("lower_bound", 510, "bytes"), optional("upper_bound", 511, "bytes"),
        ]
    )

    static func record(_ name: String, _ fields: [JSONValue]) -> JSONValue {
        ["type": "record", "name": .string(name), "fields": .array(fields)]
    }

    private static func field(_ name: String, _ id: Int64, _ type: JSONValue) -> JSONValue {
        ["name": .string(name), "type": type, "field-id": .integer(id)]
    }

    static func optional(_ name: String, _ id: Int64, _ type: JSONValue) -> JSONValue {
        ["name": .string(name), "type": ["null", type], "default": .null, "field-id": .integer(id)]
    }

    /// Avro's own maps have text keys, so maps by field id are arrays of pairs.
    private static func map(_ keyID: Int64, _ valueID: Int64, _ value: JSONValue) -> JSONValue {
        let pair = record("k\(keyID)_v\(valueID)", [field("key", keyID, "int"), field("value", valueID, value)])
        return ["type": "array", "items": pair, "logicalType": "map"]
    }
}
