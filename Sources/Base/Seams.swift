import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Where the program reads the time of day. Injected, so that tests are deterministic.
package protocol TimeSource: Sendable {
    /// The present moment. May step backwards: callers that need order must keep it themselves.
    func now() -> Timestamp
}

/// Where the program takes its randomness from. Injected, so that a seed replays a run.
package protocol Entropy: Sendable {
    /// 64 uniformly random bits.
    func next() -> UInt64
}

/// The operating system's clock.
package struct SystemTime: TimeSource {
    package init() {}

    package func now() -> Timestamp {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}

/// A clock that moves only when told; each reading advances it by `step`.
package final class ManualTime: TimeSource {
    private let current: Mutex<Int64>
    private let step: Int64

    package init(_ start: Timestamp = Timestamp(microseconds: 1_700_000_000_000_000), step: Int64 = 1000) {
        current = Mutex(start.microseconds)
        self.step = step
    }

    package func now() -> Timestamp {
        current.withLock {
            $0 += step
            return Timestamp(microseconds: $0)
        }
    }

    package func advance(microseconds: Int64) {
        current.withLock { $0 += microseconds }
    }
}

/// The operating system's random generator.
package struct SystemEntropy: Entropy {
    package init() {}

    package func next() -> UInt64 { UInt64.random(in: .min ... .max) }
}

/// A repeatable sequence (SplitMix64).
package final class SeededEntropy: Entropy {
    private let state: Mutex<UInt64>

    package init(seed: UInt64) { state = Mutex(seed) }

    package func next() -> UInt64 {
        state.withLock {
            $0 &+= 0x9E37_79B9_7F4A_7C15
            var mixed = $0
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }
}

extension Entropy {
    /// A version 4 UUID in its canonical text form.
    package func uuid() -> String {
        let high = (next() & 0xFFFF_FFFF_FFFF_0FFF) | 0x4000
        let low = (next() & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000
        let digits = hexadecimal(high) + hexadecimal(low)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { text.append("-") }
            text.append(digit)
        }
        return text
    }

    /// A positive 63-bit identifier, as Iceberg's snapshot ids are.
    package func positiveIdentifier() -> Int64 { Int64(next() >> 1) | 1 }
}

/// 16 lower-case hexadecimal digits.
package func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
