/// What PostgreSQL's `pg_type` says, as far as the capture needs it: object id to wire form.
///
/// The built-in types have fixed object ids; enums, domains, extension types and their arrays come from the server.
package struct TypeCatalog: Sendable {
    package indirect enum Entry: Sendable, Hashable {
        case wire(WireType)
        case numeric
        case array(of: UInt32)
        case domain(of: UInt32, modifier: Int32)
        case unsupported(String)
    }

    package enum Resolution: Sendable, Hashable {
        case wire(WireType)
        case unsupported(String)
        /// The server has to be asked about this type.
        case unknown(UInt32)
    }

    private var added: [UInt32: Entry] = [:]
    private static let domainDepthMax = 32

    package init() {}

    package mutating func add(_ entry: Entry, for oid: UInt32) { added[oid] = entry }

    package func resolve(_ oid: UInt32, modifier: Int32) -> Resolution {
        resolve(oid, modifier: modifier, depth: 0)
    }

    private func resolve(_ oid: UInt32, modifier: Int32, depth: Int) -> Resolution {
        guard depth < Self.domainDepthMax else { return .unsupported("a domain nested too deep") }
        guard let entry = Self.builtIn[oid] ?? added[oid] else { return .unknown(oid) }
        switch entry {
        case .wire(let type): return .wire(type)
        case .numeric: return .wire(.numeric(modifier: modifier))
        case .unsupported(let name): return .unsupported(name)
        case .domain(let base, let own):
            return resolve(base, modifier: own, depth: depth + 1)
        case .array(let element):
            guard case .wire(let type) = resolve(element, modifier: modifier, depth: depth + 1) else {
                return resolve(element, modifier: modifier, depth: depth + 1)
            }
            if case .array = type { return .unsupported("an array of arrays") }
            return .wire(.array(type))
        }
    }

    private static let builtIn: [UInt32: Entry] = {
        var entries: [UInt32: Entry] = [:]
        for (oid, arrayOID, type) in scalars {
            entries[oid] = type
            entries[arrayOID] = .array(of: oid)
        }
        return entries
    }()

    private static let scalars: [(UInt32, UInt32, Entry)] = [
        (16, 1000, .wire(.bool)), (17, 1001, .wire(.bytea)), (18, 1002, .wire(.singleByte)),
        (19, 1003, .wire(.text)), (20, 1016, .wire(.int8)), (21, 1005, .wire(.int2)), (23, 1007, .wire(.int4)),
        (25, 1009, .wire(.text)), (26, 1028, .wire(.unsigned4)), (28, 1011, .wire(.unsigned4)),
        (114, 199, .wire(.text)), (142, 143, .wire(.text)), (650, 651, .wire(.network)),
        (700, 1021, .wire(.float4)), (701, 1022, .wire(.float8)), (774, 775, .wire(.macaddr)),
        (829, 1040, .wire(.macaddr)), (869, 1041, .wire(.network)), (1042, 1014, .wire(.text)),
        (1043, 1015, .wire(.text)), (1082, 1182, .wire(.date)), (1083, 1183, .wire(.time)),
        (1114, 1115, .wire(.timestamp)), (1184, 1185, .wire(.timestamptz)), (1186, 1187, .wire(.interval)),
        (1266, 1270, .wire(.timetz)), (1560, 1561, .wire(.bits)), (1562, 1563, .wire(.bits)),
        (1700, 1231, .numeric), (2950, 2951, .wire(.uuid)), (3220, 3221, .wire(.lsn)),
        (3802, 3807, .wire(.jsonb)),
    ]
}
