/// Which of the engine's functions a statement may call.
///
/// Table functions are allowed by name: most others read files, settings or SQL hidden in texts. Scalar functions are
/// refused by name: those that show the engine's own state, run SQL from a text, or hold a thread.
enum FunctionPolicy {
    static func allowsTable(_ name: String) -> Bool { tableFunctions.contains(name.lowercased()) }

    static func allowsScalar(_ name: String) -> Bool {
        let name = name.lowercased()
        if harmlessCatalogFunctions.contains(name) { return true }
        return !refusedScalars.contains(name) && !refusedPrefixes.contains(where: name.hasPrefix)
    }

    private static let tableFunctions: Set<String> = [
        "range", "generate_series", "unnest", "repeat", "repeat_row", "json_each", "json_tree", "summary",
        "icu_calendar_names", "pg_timezone_names",
    ]

    private static let refusedScalars: Set<String> = [
        "getenv", "getvariable", "current_setting", "set_config", "current_query", "current_query_id",
        "current_connection_id", "current_transaction_id", "txid_current", "current_catalog", "current_database",
        "current_schema", "current_schemas", "in_search_path", "json_serialize_plan", "json_execute_serialized_sql",
        "stats", "sleep_ms", "write_log", "nextval", "currval", "get_block_size", "obj_description",
        "shobj_description", "col_description", "setseed", "query", "query_table", "read_text",
        "read_blob",
    ]

    /// Look into the engine's catalog, where the lake's file lists are, or are Tarn's own.
    private static let refusedPrefixes = ["pg_", "duckdb_", "pragma_", "__internal", "tarn_"]
    private static let harmlessCatalogFunctions: Set<String> = ["pg_typeof", "pg_size_pretty"]
}
