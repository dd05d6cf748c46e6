/// Does the same for many items at once and returns the results in the order of the items.
///
/// - Parameter width: how many are under way at a time.
/// - Throws: the first error, after everything under way has ended; what had not begun is left out.
package func concurrently<Item: Sendable, Value: Sendable>(
    _ items: [Item],
    width: Int = 8,
    _ body: @escaping @Sendable (Item) async throws(TarnError) -> Value
) async throws(TarnError) -> [Value] {
    let outcome = await withTaskGroup(
        of: (Int, Result<Value, TarnError>).self,
        returning: Result<[Value?], TarnError>.self
    ) { group in
        var values = [Value?](repeating: nil, count: items.count)
        var failure: TarnError?
        var next = 0
        func begin() {
            let index = next
            next += 1
            group.addTask {
                do throws(TarnError) {
                    return (index, .success(try await body(items[index])))
                } catch {
                    return (index, .failure(error))
                }
            }
        }
        while next < min(width, items.count) { begin() }
        for await (index, result) in group {
            switch result {
            case .success(let value): values[index] = value
            case .failure(let error): failure = failure ?? error
            }
            if failure == nil, next < items.count { begin() }
        }
        return failure.map { .failure($0) } ?? .success(values)
    }
    return try outcome.get().compactMap { $0 }
}
