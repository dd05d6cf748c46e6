import Base
import Testing

@testable import PostgresSource

@Suite struct ConnectionTextTests {
    @Test(
        "a connection that libpq would misread is refused without any part of the password",
        arguments: [
            "postgresql://tarn:secret%zz@127.0.0.1/shop", "postgresql://tarn:secret4/x@127.0.0.1:5432/shop",
            "postgresql://tarn:gehe@secret1@127.0.0.1:1/shop", "host=127.0.0.1 nonsense=secret",
        ]
    )
    func misread(text: String) {
        let error = #expect(throws: TarnError.self) { try ConnectionText(text).requireReadable() }
        #expect(error?.code == .configurationInvalid)
        #expect(error?.description.contains("secret") == false)
    }

    @Test(
        "a connection that is right is let through",
        arguments: [
            "", "host=127.0.0.1 port=5432 dbname=shop",
            "postgresql://tarn:a%40b%2Fc@db.example.com:5432/shop?sslmode=require",
            "postgresql://tarn@one:1,two:2/shop",
        ]
    )
    func readable(text: String) throws { try ConnectionText(text).requireReadable() }

    @Test("what the server refuses needs a person; a server that is starting does not")
    func refusals() {
        #expect(ConnectionText.isRefusal("FATAL:  password authentication failed for user"))
        #expect(ConnectionText.isRefusal("FATAL:  database \"shop\" does not exist"))
        #expect(!ConnectionText.isRefusal("FATAL:  the database system is starting up"))
        #expect(!ConnectionText.isRefusal("connection refused"))
    }
}
