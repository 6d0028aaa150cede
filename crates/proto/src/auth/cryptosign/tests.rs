//! Cryptosign against RFC 8032, against the specification's vectors and conversations, and against the
//! hostile.

use proptest::prelude::*;

use super::*;

/// Section 7.1, tests 1 to 3: seed, public key, message, signature.
#[test]
fn the_examples_of_rfc_8032() {
    for (seed, public, message, signature) in [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            &b""[..],
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            b"\x72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            b"\xaf\x82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
    ] {
        let key = PrivateKey::from_hex(seed).unwrap();
        assert_eq!(key.public(), PublicKey::from_hex(public).unwrap());
        assert_eq!(key.public().to_hex(), public);
        assert_eq!(hex::encode(&key.0.sign(message).to_bytes()), signature);
    }
}

/// Channel ID, private key, challenge, signature.
type Vector = (Option<&'static str>, &'static str, &'static str, &'static str);

/// "Test Vectors" in the specification.
const VECTORS: [Vector; 6] = [
    (
        None,
        "4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "b32675b221f08593213737bef8240e7c15228b07028e19595294678c90d11c0cae80a357331bfc5cc9fb71081464e6e75013517c2cf067ad566a6b7b728e5d03ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ),
    (
        None,
        "d511fe78e23934b3dadb52fcd022974b80bd92bccc7c5cf404e46cc0a8a2f5cd",
        "b26c1f87c13fc1da14997f1b5a71995dff8fbe0a62fae8473c7bdbd05bfb607d",
        "d4209ad10d5aff6bfbc009d7e924795de138a63515efc7afc6b01b7fe5201372190374886a70207b042294af5bd64ce725cd8dceb344e6d11c09d1aaaf4d660fb26c1f87c13fc1da14997f1b5a71995dff8fbe0a62fae8473c7bdbd05bfb607d",
    ),
    (
        None,
        "6e1fde9cf9e2359a87420b65a87dc0c66136e66945196ba2475990d8a0c3a25b",
        "b05e6b8ad4d69abf74aa3be3c0ee40ae07d66e1895b9ab09285a2f1192d562d2",
        "7beb282184baadd08f166f16dd683b39cab53816ed81e6955def951cb2ddad1ec184e206746fd82bda075af03711d3d5658fc84a76196b0fa8d1ebc92ef9f30bb05e6b8ad4d69abf74aa3be3c0ee40ae07d66e1895b9ab09285a2f1192d562d2",
    ),
    (
        Some("62e935ae755f3d48f80d4d59f6121358c435722a67e859cc0caa8b539027f2ff"),
        "4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "9b6f41540c9b95b4b7b281c3042fa9c54cef43c842d62ea3fd6030fcb66e70b3e80d49d44c29d1635da9348d02ec93f3ed1ef227dfb59a07b580095c2b82f80f9d16ca518aa0c2b707f2b2a609edeca73bca8dd59817a633f35574ac6fd80d00",
    ),
    (
        Some("62e935ae755f3d48f80d4d59f6121358c435722a67e859cc0caa8b539027f2ff"),
        "d511fe78e23934b3dadb52fcd022974b80bd92bccc7c5cf404e46cc0a8a2f5cd",
        "b26c1f87c13fc1da14997f1b5a71995dff8fbe0a62fae8473c7bdbd05bfb607d",
        "305aaa3ac25e98f651427688b3fc43fe7d8a68a7ec1d7d61c61517c519bd4a427c3015599d83ca28b4c652333920223844ef0725eb5dc2febfd6af7677b73f01d0852a29b460fc92ec943242ac638a053bbacc200512b18b30d15083cbdc9282",
    ),
    (
        Some("62e935ae755f3d48f80d4d59f6121358c435722a67e859cc0caa8b539027f2ff"),
        "6e1fde9cf9e2359a87420b65a87dc0c66136e66945196ba2475990d8a0c3a25b",
        "b05e6b8ad4d69abf74aa3be3c0ee40ae07d66e1895b9ab09285a2f1192d562d2",
        "ee3c7644fd8070532bc1fde3d70d742267da545d8c8f03e63bda63f1ad4214f4d2c4bfdb4eb9526def42deeb7e31602a6ff99eba893e0a4ad4d45892ca75e608d2b75e24a189a7f78ca776ba36fc53f6c3e31c32f251f2c524f0a44202f2902d",
    ),
];

#[test]
fn the_vectors_of_the_specification() {
    for (channel, private, challenge, signed) in VECTORS {
        let key = PrivateKey::from_hex(private).unwrap();
        let challenge = Challenge::from_hex(challenge).unwrap();
        let channel = channel.map(|id| ChannelId(hex::decode(id, "the channel's ID").unwrap()));
        assert_eq!(key.sign(&challenge, channel.as_ref()), signed);
        assert_eq!(key.public().verify(&challenge, channel.as_ref(), signed), Ok(()));
        let elsewhere = Some(&ChannelId([1; 32]));
        let refused = key.public().verify(&challenge, elsewhere, signed);
        assert_eq!(refused, Err(AuthError::WrongProof));
    }
}

/// "Example Message Exchanges" 1 and 2: the client's signature, and the router's.
#[test]
fn the_conversations_of_the_specification() {
    let client = "545efb0a2192db8d43f118e9bf9aee081466e1ef36c708b96ee6f62dddad9122";
    let router = "4a3838f6fe75251e613329d53fc69b262d5eac97fb1d73bebbaed4015b53c862";
    // Of the connection in example 2.
    let channel = ChannelId(
        *b"\xe9s\xbe\xe2M\xce\xa9\xe2\x06%\xf9I\xc0\xe3\xcd(\xd62\xcc\xbe\xfeI\x07\xc2\xfa\xc2r\x87\x10\xf7\xb1`",
    );
    for (public, challenge, channel, signed) in [
        (
            client,
            "0e9192bc08512c8198da159c1ae600ba91729215f35d56102ee318558e773537",
            None,
            "a3a178fe792ed772a8fc092f8341e455de96670c8901264a7c312dbf940d5743626fe9fbc29b23dcd2169b308eca309de85a89ccd296b24835de3d95b16b77030e9192bc08512c8198da159c1ae600ba91729215f35d56102ee318558e773537",
        ),
        (
            router,
            "bbae60ea44cdd7b20dc7010a618b0f0803fab25a817520b4b7f057299b524deb",
            None,
            "fd5128d2d207ba58a9d1d6f41b72c747964ad9d1294077b3b1eee6130b05843ab12c53c7f2519f73d4feb82db19d8ca0fc26b62bde6518e79a882f5795bc9f00bbae60ea44cdd7b20dc7010a618b0f0803fab25a817520b4b7f057299b524deb",
        ),
        (
            client,
            "358625312c6c3bf64ed51d17d210ce21af1639c774cabf5735a9651d7d91fc6a",
            Some(&channel),
            "25114474580d6e99a6126b091b4565c23db567d686c5b8c3a94e3f2f09dc80300c5b40a124236733fa56396df721eb12ac092362379bd5b27b4db9e2beaa1408dcf59bd361a2921448f0e45e12f303097924f5798a83b895cf6b179a6d664d0a",
        ),
        (
            router,
            "4f861f12796c2972b7b0026522a687aa851d90355122a61d4f1fdce4d06b564f",
            Some(&channel),
            "aa05f4cd7747d36b79443f1d4703a681e107edc085d876b508714e2a3a8135bacaae1c018452c4acb3ad2818aa97a6d23e5ac7e3734c7b1f40e6232a70938205a6f5a1f034a28090b195fb2ce2454a82532f5c8baf6ba1dfb5ddae63c09ce72f",
        ),
    ] {
        let public = PublicKey::from_hex(public).unwrap();
        let challenge = Challenge::from_hex(challenge).unwrap();
        assert_eq!(public.verify(&challenge, channel, signed), Ok(()));
    }
}

#[test]
fn keys_under_which_anything_is_signed_are_refused() {
    let ones = "f".repeat(64);
    for (key, why) in [
        ("00".repeat(32), "small order"),
        (format!("01{}", "00".repeat(31)), "the neutral element"),
        (format!("ec{}7f", "ff".repeat(30)), "order 2"),
        (format!("02{}", "00".repeat(31)), "no point"),
        (ones, "18, written as 2^255 - 1"),
    ] {
        assert_eq!(PublicKey::from_hex(&key), Err(AuthError::WeakKey), "{why}");
    }
    for key in ["", "00", &"g".repeat(64), &"0".repeat(63), &"0".repeat(66)] {
        let refused = AuthError::NotHex { what: "the public key", digits: 64 };
        assert_eq!(PublicKey::from_hex(key), Err(refused));
    }
}

/// S + L verifies in the equation, too; RFC 8032 forbids it.
#[test]
fn a_signature_has_one_form() {
    let order = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    let order: [u8; 32] = hex::decode(order, "the order").unwrap();
    let (key, challenge) = (PrivateKey::new(&[7; 32]), Challenge([42; 32]));
    let mut signed: [u8; 96] = hex::decode(&key.sign(&challenge, None), "it").unwrap();
    let mut carry = 0;
    for (s, l) in signed[32..64].iter_mut().zip(order) {
        let sum = u16::from(*s) + u16::from(l) + carry;
        *s = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    let refused = key.public().verify(&challenge, None, &hex::encode(&signed));
    assert_eq!(refused, Err(AuthError::WrongProof));
}

#[test]
fn private_keys_do_not_show() {
    assert_eq!(format!("{:?}", PrivateKey::new(&[7; 32])), "PrivateKey(..)");
}

proptest! {
    #[test]
    fn what_the_client_signs_the_router_accepts(
        seed: [u8; 32],
        challenge: [u8; 32],
        channel: Option<[u8; 32]>,
        bit in 0usize..768,
    ) {
        let key = PrivateKey::new(&seed);
        let (challenge, channel) = (Challenge(challenge), channel.map(ChannelId));
        let signed = key.sign(&challenge, channel.as_ref());
        let public = PublicKey::from_hex(&key.public().to_hex()).unwrap();
        let heard = Challenge::from_hex(&challenge.to_hex()).unwrap();
        prop_assert_eq!(public.verify(&heard, channel.as_ref(), &signed), Ok(()));
        let shouted = signed.to_uppercase();
        prop_assert_eq!(public.verify(&heard, channel.as_ref(), &shouted), Ok(()));

        let mut octets: [u8; 96] = hex::decode(&signed, "it").unwrap();
        octets[bit / 8] ^= 1 << (bit % 8);
        let flipped = public.verify(&heard, channel.as_ref(), &hex::encode(&octets));
        prop_assert_eq!(flipped, Err(AuthError::WrongProof));
    }

    #[test]
    fn no_signature_makes_the_router_panic(
        text in ".{0,200}",
        octets in proptest::collection::vec(any::<u8>(), 0..100),
    ) {
        let (key, challenge) = (PrivateKey::new(&[7; 32]).public(), Challenge([42; 32]));
        prop_assert!(key.verify(&challenge, None, &text).is_err());
        prop_assert!(key.verify(&challenge, None, &hex::encode(&octets)).is_err());
        let _ = (PublicKey::from_hex(&text), Challenge::from_hex(&text));
    }
}
