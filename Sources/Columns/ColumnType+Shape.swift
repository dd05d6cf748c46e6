extension ColumnType {
    /// Whether values of the two types are laid out alike: names, ids and nullability of nested fields do not matter.
    package func hasShape(of other: ColumnType) -> Bool {
        let (own, others) = (children, other.children)
        guard !own.isEmpty || !others.isEmpty else { return self == other }
        guard isSameKind(as: other), own.count == others.count else { return false }
        return zip(own, others).allSatisfy { $0.type.hasShape(of: $1.type) }
    }

    private func isSameKind(as other: ColumnType) -> Bool {
        switch (self, other) {
        case (.structure, .structure), (.list, .list), (.map, .map): true
        default: false
        }
    }
}
