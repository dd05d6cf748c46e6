import Base
import Testing

@testable import Assets

/// The order of assets, their circles, and what is above and below them.
@Suite struct GraphTests {
    private func name(_ text: String) -> TableName { TableName(namespace: "gold", name: text) }

    private func graph(_ inputs: [String: [String]]) -> AssetGraph {
        AssetGraph(
            Dictionary(uniqueKeysWithValues: inputs.map { (name($0.key), $0.value.map(name)) })
        )
    }

    @Test("an asset comes after its inputs, and by name where there is a choice")
    func order() {
        let graph = graph(["d": ["b", "c"], "b": ["a"], "c": ["a", "x"], "a": [], "e": []])
        #expect(graph.order.map(\.name) == ["a", "e", "b", "c", "d"])
        #expect(graph.cycles.isEmpty)
        #expect(graph.ancestors(of: name("d")) == Set(["a", "b", "c", "x"].map(name)))
        #expect(graph.ancestors(of: name("d"), steps: 1) == Set(["b", "c"].map(name)))
        #expect(graph.descendants(of: name("x")) == Set(["c", "d"].map(name)))
    }

    @Test("circles are named from their first table, and what hangs on them comes after")
    func cycles() {
        let graph = graph(["a": ["c"], "b": ["a"], "c": ["b", "x"], "d": ["a"], "s": ["s"], "y": ["z"], "z": ["y"]])
        #expect(graph.cycles.map { $0.map(\.name) } == [["a", "c", "b"], ["s"], ["y", "z"]])
        #expect(Set(graph.order.map(\.name)) == ["a", "b", "c", "d", "s", "y", "z"])
    }

    @Test("random graphs of thousands of assets come in order; a seed repeats them", arguments: [UInt64(1), 2, 3])
    func large(seed: UInt64) {
        let entropy = SeededEntropy(seed: seed)
        var inputs: [TableName: [TableName]] = [:]
        let names = (0..<5000).map { name("t\(entropy.next() % 1_000_000_000)_\($0)") }
        for (index, name) in names.enumerated() {
            let count = index == 0 ? 0 : Int(entropy.next() % 4)
            inputs[name] = (0..<count).map { _ in names[Int(entropy.next() % UInt64(index))] }
        }
        let graph = AssetGraph(inputs)
        #expect(graph.cycles.isEmpty)
        var seen: Set<TableName> = []
        for name in graph.order {
            #expect((inputs[name] ?? []).allSatisfy(seen.contains))
            seen.insert(name)
        }
        #expect(seen.count == names.count)
    }
}
