import Base

#if canImport(Glibc)
    import Glibc
#endif

/// The program under test, and at what length the tests of it run.
package enum TestProgram {
    /// `TARN_BIN`, else the one that was built with these tests; nil where there is none.
    package static let path: String? = {
        let named = unsafe getenv("TARN_BIN").map { unsafe String(cString: $0) }
        let tests = CommandLine.arguments.first ?? ""
        let beside = tests.lastIndex(of: "/").map { "\(tests[..<$0])/tarn" }
        return [named, beside].compactMap { $0 }.first { unsafe access($0, X_OK) == 0 }
    }()

    package static let isLong = unsafe getenv("TARN_TEST_LONG") != nil

    /// New each time, unless `TARN_TEST_SEED` names one.
    package static func seed() -> UInt64 {
        let given = unsafe getenv("TARN_TEST_SEED").flatMap { unsafe UInt64(String(cString: $0)) }
        return given ?? SystemEntropy().next() % 1_000_000
    }
}
