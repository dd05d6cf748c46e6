import Synchronization

/// A value that is made when it is first asked for, and then kept.
final class Memoized<Value: Sendable>: Sendable {
    private let make: @Sendable () -> Value
    private let kept: Mutex<Value?>

    init(_ make: @escaping @Sendable () -> Value) {
        self.make = make
        kept = Mutex(nil)
    }

    init(_ value: Value) {
        make = { value }
        kept = Mutex(value)
    }

    var value: Value {
        kept.withLock { kept in
            if let kept { return kept }
            let made = make()
            kept = made
            return made
        }
    }
}
