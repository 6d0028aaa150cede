"""A real client says who it is by its certificate, which TLS verifies, and by nothing else: it offers no authmethods."""

import hashlib
import ssl

import router
from conversation import Conversation, each
from speakers import ONE_OF_EACH_CLIENT, SPEAKERS
from values import Payload

CONFIGURATION = """
[listeners.tls]
address = "127.0.0.1:0"
[listeners.tls.tls]
certificate = "{folder}/router.pem"
key = "{folder}/router.key"
client_certificates = "optional"
client_ca = "{folder}/ca.pem"

[realms.{realm}]
authmethods = ["tls"]
{realm_lines}
"""
OF_THE_REALM = 'certificate_role = "device"'
OF_A_PRINCIPAL = 'principals.gate = {{ role = "keeper", certificates = ["sha256:{fingerprint}"] }}'

OF_A_PROGRAM = """
[realms.{realm}.authenticators.tls]
procedure = "com.example.who_is"
realm = "programs"
[realms.programs]
"""

PYTHON = [speaker for speaker in SPEAKERS if speaker.client == "autobahn-python"]


class Certificates(Conversation):
    def serve(self, lines):
        folder = self.stage.certificates
        file = folder / f"test{self._serial}.toml"
        file.write_text(CONFIGURATION.format(folder=folder, realm=router.REALM, realm_lines=lines))
        own = router.Router("--config", file, listen=None)
        self.addCleanup(own.stop)
        return own.url

    def who(self, speaker, lines):
        session = self.session(speaker)
        self.addCleanup(session.start_leave)
        session.join(speaker, self.serve(lines), router.REALM, certificate=str(self.stage.certificates / "client"))
        return session.who

    @each(PYTHON)
    def test_a_certificate_of_a_principal(self, speaker):
        der = ssl.PEM_cert_to_DER_cert((self.stage.certificates / "client.pem").read_text())
        lines = OF_A_PRINCIPAL.format(fingerprint=hashlib.sha256(der).hexdigest())
        self.assertEqual(self.who(speaker, lines), {"authid": "gate", "authrole": "keeper", "authmethod": "tls"})

    @each(PYTHON)
    def test_the_name_in_a_certificate(self, speaker):
        expected = {"authid": "sensor-7", "authrole": "device", "authmethod": "tls"}
        self.assertEqual(self.who(speaker, OF_THE_REALM), expected)

    @each(ONE_OF_EACH_CLIENT, PYTHON[:1])
    def test_a_program_knows_whose_it_is(self, program, speaker):
        # Nobody verifies who the program is.
        url = self.serve(OF_A_PROGRAM.format(realm=router.REALM))
        deciding = self.join(program, url, "programs")
        deciding.register("com.example.who_is", "wait")
        session = self.session(speaker)
        self.addCleanup(session.start_leave)
        join = session.start_join(speaker, url, router.REALM, certificate=str(self.stage.certificates / "client"))
        _, asked = deciding.next_invocation()
        self.assertEqual(asked.args[2]["transport"]["peer_cert"]["subject"], {"cn": "sensor-7"})
        deciding.answer("com.example.who_is", Payload(args=[{"role": "keeper"}]))
        session.joined(join)
        self.assertEqual(session.who, {"authid": "sensor-7", "authrole": "keeper", "authmethod": "tls"})

    @each(PYTHON[:1])
    def test_who_has_no_certificate_is_refused(self, speaker):
        url = self.serve(OF_THE_REALM)
        session = self.session(speaker)
        self.assertRefused(
            "wamp.error.authentication_required", lambda: session.join(speaker, url, router.REALM)
        )
