import Base
import Testing

@testable import Engine

@Suite struct MessageTests {
    @Test(
        "a file that the Parquet reader names as broken is named, and no value of it",
        arguments: [
            "Invalid Input Error: No magic bytes found at end of file '/w/a.parquet'",
            "Invalid Input Error: File '/w/a.parquet' too small to be a Parquet file",
            "Invalid Input Error: Failed to read Parquet file \"/w/a.parquet\": no schema elements found",
            "Invalid Input Error: Invalid string encoding found in Parquet file \"/w/a.parquet\": value \"x\" is not",
        ]
    )
    func damaged(message: String) {
        let error = TarnError(engineMessage: message)
        #expect(error.code == .corruptData)
        #expect(error.detail.map(\.value) == ["/w/a.parquet"])
    }

    @Test(
        "what names no file stays the engine's failure, without its text",
        arguments: [
            "Invalid Input Error: secret", "Conversion Error: File 'secret' too small", "Invalid Error: File secret",
            "Invalid Input Error: File 'secret.parquet", "File 'secret.parquet'", "", ":", "Error: '",
        ]
    )
    func other(message: String) {
        let error = TarnError(engineMessage: message)
        #expect(error.code == .engineFailed, "\(error)")
        #expect(!error.description.contains("secret"))
    }
}
