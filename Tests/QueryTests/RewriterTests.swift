import Testing
@testable import Query
@Suite struct RewriterTests {
  @Test("x") func x() {}
}
