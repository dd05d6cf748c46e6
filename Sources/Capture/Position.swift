/// A place in a source's log. Compared as text: every source writes its positions at a fixed width
/// (PostgreSQL: the LSN as 16 hexadecimal digits).
package struct Position: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let text: String

    package init(text: String) { self.text = text }

    package var description: String { text }

    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}
