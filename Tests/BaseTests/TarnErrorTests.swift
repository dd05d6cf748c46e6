import Base
import Testing

@Suite struct TarnErrorTests {
    @Test("an error with a cause has one remedy, its own")
    func remedy() {
        let cause = TarnError(.corruptData, "Inside.", detail: ["key": "a"])
        let error = TarnError(.corruptData, "Outside.", remedy: "Do this.", cause: cause)
        #expect(
            error.description == """
                Outside. [data.corrupt]
                  cause: Inside. [data.corrupt]
                  key: a
                  remedy: Do this.
                """
        )
    }
}
