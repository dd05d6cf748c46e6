package import Base

/// Which table is made of which. Tables that are no assets are only ever inputs.
package struct AssetGraph: Sendable {
    /// The inputs of each asset, sorted.
    package let inputs: [TableName: [TableName]]
    /// The assets that read a table, sorted.
    package let outputs: [TableName: [TableName]]
    /// Every asset after its inputs, by name where that leaves a choice; those in a circle come as if it were cut.
    package let order: [TableName]
    /// Circles, each from its first table by name around to the one before it. Those that share a table with another
    /// one show when that is broken.
    package let cycles: [[TableName]]

    package init(_ inputs: [TableName: some Collection<TableName>]) {
        let sorted = inputs.mapValues { Set($0).sorted() }
        var outputs: [TableName: [TableName]] = [:]
        for (name, tables) in sorted {
            for table in tables { outputs[table, default: []].append(name) }
        }
        let sortedOutputs = outputs.mapValues { $0.sorted() }
        self.inputs = sorted
        self.outputs = sortedOutputs
        (order, cycles) = Self.ordered(sorted, sortedOutputs)
    }

    private static func ordered(
        _ inputs: [TableName: [TableName]],
        _ outputs: [TableName: [TableName]]
    ) -> (order: [TableName], cycles: [[TableName]]) {
        var waiting = inputs.mapValues { $0.count { inputs[$0] != nil } }
        var order: [TableName] = []
        var cycles: [[TableName]] = []
        var ready = waiting.filter { $0.value == 0 }.map(\.key)
        while !waiting.isEmpty {
            while !ready.isEmpty {
                var freed: [TableName] = []
                for name in ready.sorted() where waiting.removeValue(forKey: name) != nil {
                    order.append(name)
                    for output in outputs[name] ?? [] {
                        guard let count = waiting[output] else { continue }
                        waiting[output] = count - 1
                        if count == 1 { freed.append(output) }
                    }
                }
                ready = freed
            }
            guard let start = waiting.keys.min() else { break }
            let cycle = cycle(from: start, inputs, within: waiting)
            cycles.append(cycle)
            ready = [cycle[0]]
        }
        return (order, cycles)
    }

    /// Goes from input to input until a table comes again: every table that waits has one that waits as well.
    private static func cycle(
        from start: TableName,
        _ inputs: [TableName: [TableName]],
        within waiting: [TableName: Int]
    ) -> [TableName] {
        var path: [TableName] = []
        var positions: [TableName: Int] = [:]
        var current = start
        while positions[current] == nil {
            positions[current] = path.count
            path.append(current)
            guard let next = (inputs[current] ?? []).first(where: { waiting[$0] != nil }) else { return path }
            current = next
        }
        let cycle = path[(positions[current] ?? 0)...]
        let first = cycle.indices.min { cycle[$0] < cycle[$1] } ?? cycle.startIndex
        return Array(cycle[first...] + cycle[..<first])
    }

    /// Everything that a table is made of, at most so many steps away.
    package func ancestors(of name: TableName, steps: Int = .max) -> Set<TableName> {
        reached(from: name, inputs, steps)
    }

    /// Everything that is made of a table, at most so many steps away.
    package func descendants(of name: TableName, steps: Int = .max) -> Set<TableName> {
        reached(from: name, outputs, steps)
    }

    private func reached(from name: TableName, _ edges: [TableName: [TableName]], _ steps: Int) -> Set<TableName> {
        var found: Set<TableName> = []
        var layer = [name]
        var step = 0
        while step < steps, !layer.isEmpty {
            layer = layer.flatMap { edges[$0] ?? [] }.filter { found.insert($0).inserted }
            step += 1
        }
        return found
    }
}
