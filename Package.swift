// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .define("FAILPOINTS", .when(configuration: .debug)),
]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name + "Tests", dependencies: dependencies, swiftSettings: strict)
}

let package = Package(
    name: "tarn",
    products: [.executable(name: "tarn", targets: ["tarn"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "CDuckDB", pkgConfig: "duckdb"),
        .systemLibrary(name: "CPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"])]),
        .systemLibrary(name: "CEdit", pkgConfig: "libedit", providers: [.apt(["libedit-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        module("Base"),
        module("Columns", ["Base"]),
        module("ObjectStore", ["Base"]),
        module("Store", ["Base", .product(name: "GRDB", package: "GRDB.swift")]),
        module("Engine", ["Columns", "CDuckDB"]),
        module("Iceberg", ["Columns", "ObjectStore", "CZlib"]),
        module("Lake", ["Iceberg", "Engine", "Store"]),
        module("Capture", ["Columns"]),
        module("PostgresSource", ["Capture", "CPQ"]),
        module("Landing", ["Capture", "Checks", "Lake", "CLMDB"]),
        module("Query", ["Lake"]),
        module("Settings", ["Base", "Yams"]),
        module("Checks", ["Columns", "Settings"]),
        module("Quality", ["Query", "Checks"]),
        module("Assets", ["Checks", "Query"]),
        module("Materialization", ["Assets", "Quality"]),
        module("Web", ["Base", .product(name: "Hummingbird", package: "hummingbird")]),
        module(
            "Platform",
            [
                "Materialization", "Settings", "Landing", "PostgresSource", "Query", "Web",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
        .executableTarget(
            name: "tarn",
            dependencies: [
                "Materialization", "Settings", "Platform", "CEdit",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict
        ),

        .target(
            name: "TestKit",
            dependencies: ["Base", "Columns", "ObjectStore"],
            path: "Tests/TestKit",
            swiftSettings: strict
        ),
        tests("Base", ["Base", "TestKit"]),
        tests("Settings", ["Settings"]),
        tests("Checks", ["Checks", "Engine", "TestKit"]),
        tests("Assets", ["Assets", "TestKit"]),
        tests("Materialization", ["Materialization", "TestKit"]),
        tests("Columns", ["Columns", "TestKit"]),
        tests("ObjectStore", ["ObjectStore", "TestKit"]),
        tests("Engine", ["Engine", "TestKit"]),
        tests("PostgresSource", ["PostgresSource", "TestKit"]),
        tests("Iceberg", ["Iceberg", "TestKit"]),
        tests("Lake", ["Lake", "TestKit"]),
        tests("Landing", ["Landing", "TestKit"]),
        tests("Tidy", ["Base"]),
        tests("Web", ["Web", "TestKit"]),
        tests("Platform", ["Assets", "Landing", "Platform", "TestKit", "tarn"]),
        tests("Query", ["Query", "TestKit", "Store"]),
        tests("Integration", ["Landing", "PostgresSource", "TestKit"]),
        tests("Interop", ["Landing", "Query", "TestKit"]),
    ]
)
