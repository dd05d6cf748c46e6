internal import Base
package import Capture

/// A byte position in PostgreSQL's write-ahead log.
package struct LSN: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let raw: UInt64

    package init(_ raw: UInt64) { self.raw = raw }

    /// Parses PostgreSQL's own form, `16/B374D848`.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let high = Self.half(parts[0]), let low = Self.half(parts[1]) else { return nil }
        raw = high << 32 | low
    }

    /// Parses the 16 hexadecimal digits of a stored position.
    package init?(_ position: Position) {
        guard position.text.utf8.count == 16, let raw = UInt64(position.text, radix: 16) else { return nil }
        self.raw = raw
    }

    package var position: Position { Position(text: hexadecimal(raw)) }

    package var description: String {
        "\(String(raw >> 32, radix: 16, uppercase: true))/\(String(raw & 0xFFFF_FFFF, radix: 16, uppercase: true))"
    }

    package static func < (left: Self, right: Self) -> Bool { left.raw < right.raw }

    private static func half(_ text: some StringProtocol) -> UInt64? {
        guard (1...8).contains(text.utf8.count), !text.hasPrefix("+"), !text.hasPrefix("-") else { return nil }
        return UInt64(text, radix: 16)
    }
}
